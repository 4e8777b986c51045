import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bytes } from '@sotto/wire';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import {
  createTokenRequests,
  decodeDirectory,
  encodeTokenChallenge,
  serviceChallenge,
} from '@sotto/privacypass';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { random } from '../support/raw-exchange.ts';

const DRIVER = 'soak-driver';
const TICK = 100; // milliseconds
const POOL = 4000; // unspent tokens that are kept while keys rotate; without rotation all are issued before the load begins
const SHORT = 3600; // seconds: an epoch that will end during the run
const AGAIN = 0.1; // the share of spent tokens that is spent a second time
export interface LoadFigures {
  readonly redeemed: number;
  readonly seconds: number;
  readonly doubled: number;
  readonly errors: number;
  /** Redemptions that were skipped, because the machine was too slow to issue tokens for them in time. */
  readonly short: number;
  /** From the first request to the last response of the redemptions of one tick; milliseconds. */
  readonly p99: number;
  /** The errors. */
  readonly wrong: readonly string[];
}

export interface LoadOptions {
  readonly perSecond: number;
  readonly seconds: number;
  readonly epochSeconds: number;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

interface ReadyToken {
  readonly bytes: Bytes;
  readonly until: number; // milliseconds of the clock: a little before it expires
}

/** Redeems at a steady rate against the issuer in workerd, whose keys rotate with each epoch. */
export async function load(options: LoadOptions): Promise<LoadFigures> {
  const script = readFileSync(path.join(import.meta.dirname, 'driver-worker.js'), 'utf8');
  const suite = await startSuite({
    epochSeconds: options.epochSeconds,
    vars: {
      issuer: {
        SERVICES: JSON.stringify([{ name: 'stickers', types: [5], batch: [30], quota: { default: 30 } }]),
      },
    },
    workers: [
      {
        name: DRIVER,
        compatibilityDate: '2026-10-23',
        modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
        serviceBindings: { ISSUER: { name: 'sotto-issuer', entrypoint: 'GatewayEntrypoint' } },
      },
    ],
  });
  try {
    return await new Load(suite, options).run();
  } finally {
    await suite.dispose();
  }
}

class Load {
  readonly #suite: Suite;
  readonly #options: LoadOptions;
  readonly #pool: ReadyToken[] = [];
  readonly #room: number;
  #accounts = 0;
  #running = true;
  #redeemed = 0;
  #doubled = 0;
  #errors = 0;
  #short = 0;
  readonly #wrong = new Set<string>();
  readonly #took: number[] = []; // milliseconds

  constructor(suite: Suite, options: LoadOptions) {
    this.#suite = suite;
    this.#options = options;
    const all = options.perSecond * options.seconds + 100;
    this.#room = options.epochSeconds < SHORT ? POOL : all;
  }

  async run(): Promise<LoadFigures> {
    const voprf = sodiumVoprf(await loadSodium());
    const issuing = Promise.all(Array.from({ length: 3 }, () => this.#issue(voprf)));
    const enough = this.#options.epochSeconds < SHORT ? POOL / 2 : this.#room;
    while (this.#pool.length < enough) await sleep(TICK);
    const began = performance.now();
    const under: Promise<void>[] = [];
    const ticks = (this.#options.seconds * 1000) / TICK;
    for (let tick = 0; tick < ticks; tick++) {
      under.push(this.#spend(Math.round((this.#options.perSecond * TICK) / 1000)));
      if (tick % 20 === 0) under.push(this.#tick());
      await sleep(Math.max(0, began + (tick + 1) * TICK - performance.now()));
    }
    await Promise.all(under);
    const seconds = (performance.now() - began) / 1000;
    this.#running = false;
    await issuing;
    return {
      redeemed: this.#redeemed,
      seconds,
      doubled: this.#doubled,
      errors: this.#errors,
      short: this.#short,
      p99: this.#took.toSorted((a, b) => a - b)[Math.floor(this.#took.length * 0.99)] ?? Number.NaN,
      wrong: [...this.#wrong],
    };
  }

  /** Runs the cron handlers, which short epochs need often. */
  async #tick(): Promise<void> {
    if (this.#options.epochSeconds < SHORT) await this.#suite.tick();
  }

  async #spend(count: number): Promise<void> {
    const good = this.#take(count);
    const twice = good.slice(0, Math.ceil(count * AGAIN));
    const first = await this.#redeem(good);
    // On a slow machine a token may expire before its redemption arrives.
    const now = Date.now();
    const late = good.filter(({ until }, i) => first[i] === 'invalid' && until <= now);
    const second = await this.#redeem(twice);
    this.#redeemed += first.length + second.length - late.length;
    this.#doubled += second.filter((outcome) => outcome === 'first' || outcome === 'again').length;
    const wrong = first.filter((outcome, i) => outcome !== 'first' && !late.includes(good[i] as ReadyToken));
    for (const outcome of wrong) this.#wrong.add(outcome);
    this.#errors += wrong.length;
    this.#short += count - good.length;
    this.#errors += second.filter((outcome) => outcome === 'unavailable' || outcome === 'error').length;
  }

  #take(count: number): ReadyToken[] {
    const good: ReadyToken[] = [];
    while (good.length < count && this.#pool.length > 0) {
      const token = this.#pool.shift();
      if (token !== undefined && token.until > Date.now()) good.push(token);
    }
    return good;
  }

  async #redeem(tokens: readonly ReadyToken[]): Promise<string[]> {
    const calls = tokens.map(({ bytes }) => ({
      token: text(bytes),
      tag: text(random(32)),
      envelope: text(random(32)),
    }));
    const driver = await this.#suite.miniflare.getWorker(DRIVER);
    const began = performance.now();
    const response = await driver.fetch('http://driver/', { method: 'POST', body: JSON.stringify(calls) });
    const outcomes = (await response.json()) as string[];
    this.#took.push(performance.now() - began);
    return outcomes;
  }

  /** Requests batches while the pool has room, each for an account of its own. */
  async #issue(voprf: Parameters<typeof createTokenRequests>[0]['voprf']): Promise<void> {
    const { urls } = this.#suite;
    const life = this.#options.epochSeconds * 1000;
    while (this.#running) {
      if (this.#pool.length >= this.#room) {
        await sleep(TICK);
        continue;
      }
      const directory = await fetch(`${urls.issuer}/.well-known/private-token-issuer-directory`);
      const { tokenKeys } = decodeDirectory(new Uint8Array(await directory.arrayBuffer()));
      const key = tokenKeys.find(({ notBefore = 0 }) => notBefore * 1000 <= Date.now());
      if (key === undefined) continue;
      const epoch = key.notBefore ?? 0;
      const challenge = serviceChallenge({
        tokenType: 5,
        issuerName: 'issuer.local',
        service: 'stickers',
        epoch,
      });
      const pending = await createTokenRequests({
        voprf,
        tokenType: 5,
        publicKey: key.tokenKey,
        challenge: encodeTokenChallenge(challenge),
        count: 30,
        random,
        kind: 'amortized',
      });
      const response = await fetch(`${urls.issuer}/token-request`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await this.#suite.account(`soak ${this.#accounts++}`)}`,
          'content-type': pending.contentType,
        },
        body: pending.request,
      });
      const body = new Uint8Array(await response.arrayBuffer());
      // A batch for a key whose epoch has just ended is refused. That is not an error, and the next batch
      // replaces it.
      if (response.status !== 200) {
        if (response.status >= 500) {
          this.#errors++;
          this.#wrong.add(`token-request: HTTP ${response.status}`);
        }
        continue;
      }
      const until = epoch * 1000 + 2 * life - 1000;
      for (const bytes of await pending.finish(body)) this.#pool.push({ bytes, until });
    }
  }
}
