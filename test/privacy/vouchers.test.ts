import { describe, expect, test } from 'vitest';
import { memoryWallet, type Client, type Wallet } from '@sotto/client';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { seeded as seededBytes } from '../../packages/client/test/support/random.ts';
import { VoucherDevice } from '../../packages/client/test/support/voucher-device.ts';
import {
  bytesOf,
  FIRST,
  FIRST_EPOCH,
  peek,
  refills,
  search,
  spoilt,
  voucherWorld,
  type VoucherWorld,
} from '../../packages/client/test/support/vouchers.ts';
import { DAY } from '../../packages/client/test/support/world.ts';
import { seeded } from '../support/seeded.ts';
import { distinguishing, play } from './play.ts';

const voprf = sodiumVoprf(await loadSodium()); // quick
const ACCOUNTS = 10_000;
const PERIOD = 7;
const LOST = { status: 502, type: 'text/plain', body: new Uint8Array(0) };

describe('day coding: the issuer gives each account vouchers of its own subset of days, and looks at the days of refills', () => {
  const DAYS = 2 * PERIOD;
  const next = seeded(7);
  // Every account has a spoilt day in each period, or it would have no code.
  const codes = Array.from({ length: ACCOUNTS }, () =>
    Array.from({ length: DAYS }, (_, day) => day % PERIOD !== 0 && next() < 0.5),
  );

  /** A client that searches every day for two periods: the days on which a refill was seen. */
  async function refillDays(code: readonly boolean[], isLeaky: boolean): Promise<boolean[]> {
    const setup = await voucherWorld();
    const { world } = setup;
    const isGood = (epoch: number): boolean => code[epoch - FIRST_EPOCH] === true;
    if (!isLeaky) {
      setup.spoil = (all, first) => all.map((one, i) => (isGood(first + i) ? one : spoilt(one)));
    }
    const wallet = memoryWallet();
    const client = world.client({ wallet, voprf });
    const seen: boolean[] = [];
    for (let day = 0; day < DAYS; day++) {
      world.now = FIRST + day * DAY;
      // The leaky build keeps the batches that verify, and so has the vouchers of good days.
      const drop = (): Promise<void> =>
        wallet.update(({ vouchers }) => {
          if (vouchers !== null) vouchers.held = vouchers.held.filter(({ epoch }) => isGood(epoch));
        });
      const before = refills(setup);
      if (isLeaky && day % PERIOD === 0) {
        await client.refill().catch(() => {});
        await drop();
        seen.push(false); // a spoilt day of everyone
        continue;
      }
      await client.request('stickers', search, { allowFresh: true }).catch(() => {});
      seen.push(refills(setup) > before);
    }
    return seen;
  }

  /** The accounts whose clients of this build would have refilled on just these days. */
  const candidates = (seen: readonly boolean[], isLeaky: boolean): number =>
    codes.filter((code) => seen.every((refilled, day) => refilled === (isLeaky && code[day] === true)))
      .length;

  test('client: keeps all vouchers or none, so that all accounts remain candidates', async () => {
    expect(candidates(await refillDays(codes[0] ?? [], false), false)).toBe(ACCOUNTS);
  });

  test('game: a client that keeps the valid batches of an issuance is identified by 14 linked days', async () => {
    expect(candidates(await refillDays(codes[0] ?? [], true), true)).toBeLessThanOrEqual(10);
  });
});

/** A person's action when a search fails. A leaky build does more than the client. */
type Build = (client: Client, wallet: Wallet, setup: VoucherWorld) => Promise<void>;
const honest: Build = async (client) => client.refill().catch(() => {});

describe('what parties receive', () => {
  /** The addresses that the issuer was sent to when all vouchers of the day are used up. */
  async function sentToIssuer(build: Build): Promise<string[]> {
    const setup = await voucherWorld();
    const wallet = memoryWallet();
    const client = setup.world.client({ wallet, voprf });
    for (let i = 0; i < 3; i++) await client.refill({ more: true });
    await wallet.update((state) => void (state.tokens = []));
    await build(client, wallet, setup);
    const sent = setup.world.urls().filter((url) => url.startsWith('https://issuer.example'));
    return sent.map((url) => new URL(url).pathname);
  }

  test('client: without vouchers sends the issuer nothing; a build that goes back to the account is seen', async () => {
    expect(await sentToIssuer(honest)).toEqual(['/voucher-request']);
    const leaky: Build = async (_client, _wallet, setup) => {
      const withRefills = setup.world.alter;
      setup.world.alter = (bundle) => bundle;
      await setup.world.client({ voprf }).refill(); // with the account, as a client without vouchers does
      setup.world.alter = withRefills;
    };
    expect(await sentToIssuer(leaky)).toContain('/token-request');
  });

  /** Refills of a device that uses one of two services. */
  async function lengthsOfRefills(services: readonly (readonly string[])[]): Promise<Set<number>> {
    const lengths = new Set<number>();
    for (const bought of services) {
      const setup = await voucherWorld();
      setup.services = bought;
      await setup.world.client({ services: ['stickers'], voprf }).refill();
      for (const { content } of setup.world.gateway.seen) lengths.add(content.length);
    }
    return lengths;
  }

  test('client: refills for all services; a build that refills those it uses has packs of its own length', async () => {
    const both = ['stickers', 'weather'];
    expect((await lengthsOfRefills([both, both])).size).toBe(1);
    expect((await lengthsOfRefills([both, ['stickers']])).size).toBe(2);
  });

  /** Envelopes that reached the gateway of one refill whose response is lost. */
  async function envelopesOfLost(build: Build): Promise<number> {
    const setup = await voucherWorld();
    const { world } = setup;
    const pass = world.intercept;
    world.intercept = async (sent) => {
      if (!sent.url.endsWith('/ohttp')) return pass(sent);
      await world.gateway.handle(bytesOf(sent.init.body));
      return LOST;
    };
    const wallet = memoryWallet();
    const client = world.client({ wallet, voprf });
    for (let i = 0; i < 4; i++) {
      await build(client, wallet, setup);
      world.now += 900;
    }
    return world.gateway.envelopes.length;
  }

  test('client: sends a refill without a response once; a build that retries in the background sends two envelopes', async () => {
    expect(await envelopesOfLost(honest)).toBe(1);
    const leaky: Build = async (client) =>
      client.refill().catch(() => client.refill({ more: true }).catch(() => {}));
    expect(await envelopesOfLost(leaky)).toBeGreaterThan(1);
  });

  /** The tokens of a person who tries again after a lost response. */
  async function tokensAfterRetry(build: Build): Promise<number> {
    const setup = await voucherWorld();
    const { world } = setup;
    const pass = world.intercept;
    let isLost = true;
    world.intercept = async (sent) => {
      if (!sent.url.endsWith('/ohttp') || !isLost) return pass(sent);
      await world.gateway.handle(bytesOf(sent.init.body));
      return LOST;
    };
    const wallet = memoryWallet();
    const client = world.client({ wallet, voprf });
    await client.refill().catch(() => {});
    isLost = false;
    await build(client, wallet, setup);
    await client.refill({ more: true }).catch(() => {});
    return (await peek(wallet)).tokens.length;
  }

  test('V06 client: sends the same pack again; a build with new blinds for a used voucher is refused as spent', async () => {
    expect(await tokensAfterRetry(async () => {})).toBe(3);
    const leaky: Build = async (_client, wallet) => {
      await wallet.update(({ vouchers }) => {
        if (vouchers === null || vouchers.pack === null) return;
        vouchers.held = [vouchers.pack.voucher];
        vouchers.pack = null;
      });
    };
    expect(await tokensAfterRetry(leaky)).toBe(0);
  });

  /** The issuer's view of the voucher requests of one day, without the account. */
  async function issuances(epochsOf: (user: 'A' | 'B', rest: number) => number) {
    const setup = await voucherWorld();
    const { world } = setup;
    world.now = FIRST + 2 * DAY;
    return play(4, async (user) => {
      const clock = user === 'A' ? 0 : 217;
      const client = world.client({
        account: async () => `account-of-${user}`,
        now: () => world.now + clock,
      });
      await client.refill();
      const body = setup.issuances.at(-1) ?? new Uint8Array(0);
      const rest = PERIOD - 2;
      return {
        length: Math.round((body.length * epochsOf(user, rest)) / rest),
        head: Buffer.from(body.subarray(0, 8)).toString('hex'),
      };
    });
  }

  test('client: all requests of a day have one length; the game catches a build that counts from the day on which it was installed', async () => {
    expect(distinguishing(await issuances((_user, rest) => rest))).toEqual([]);
    const ofInstallation = (user: 'A' | 'B', rest: number): number => (user === 'A' ? PERIOD : rest);
    expect(distinguishing(await issuances(ofInstallation))).toEqual(['length']);
  });
});

describe('linking refills to searches: the gateway guesses that the last refill before a search came from the same device', () => {
  const DEVICES = 1500;
  const DAYS = 3; // the first is not measured

  /** The share of searches for which the guess is right, among devices that are open for a while several times a day. */
  function rightGuesses(build: 'schedule' | 'on demand'): number {
    const next = seeded(11);
    const random = seededBytes('linking');
    const start = FIRST - 3600;
    const options = { epochSeconds: DAY, period: PERIOD, perEpoch: 3, tokens: 30, restSeconds: 900, random };
    const events: { readonly at: number; readonly id: number; readonly searches: boolean }[] = [];
    for (let id = 0; id < DEVICES; id++) {
      const searches = next() < 0.65 ? -Math.log(1 - next()) * 0.26 : 0; // of a session: 1.2 a day on average
      for (let day = 0; day < DAYS; day++) {
        for (let session = 0; session < 7; session++) {
          const at = start + Math.floor((day + next()) * DAY);
          events.push({ at, id, searches: false });
          for (let left = searches; next() < left; left--) {
            events.push({ at: at + Math.floor(next() * 300), id, searches: true });
          }
        }
      }
    }
    const devices = Array.from({ length: DEVICES }, () => new VoucherDevice(start, options));
    const guesses = { right: 0, all: 0, last: -1 };
    for (const { at, id, searches } of events.toSorted((a, b) => a.at - b.at)) {
      const device = devices[id];
      if (device === undefined) continue;
      const isScheduled = build === 'schedule';
      if (isScheduled) {
        if (device.run(at).refills > 0) guesses.last = id;
      } else device.issue(at);
      if (!searches) continue;
      const { searched, refills: refilled } = device.search(at, !isScheduled);
      if (refilled > 0) guesses.last = id;
      if (!searched || at < start + DAY) continue;
      guesses.all++;
      if (guesses.last === id) guesses.right++;
    }
    return guesses.right / guesses.all;
  }

  test('client: less than one guess in twenty is right', () => {
    expect(rightGuesses('schedule')).toBeLessThan(0.05);
  });

  test('game: catches a build that refills on demand and redeems at once: more than one guess in ten is right', () => {
    expect(rightGuesses('on demand')).toBeGreaterThan(0.1);
  });
});
