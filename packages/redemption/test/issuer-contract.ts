import { describe, expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import type { IssuerApi, Redeemer, Redemption } from '../src/index.ts';

/** A redeemer, and how to get a genuine token for the service `stickers` from it. */
export interface RedeemerUnderTest {
  readonly redeemer: Redeemer;
  readonly mint: () => Promise<Bytes>;
}

/** The same for a whole issuer; a fresh one each time, which at least five tokens were issued by. */
export interface IssuerUnderTest {
  readonly issuer: IssuerApi;
  readonly mint: () => Promise<Bytes>;
}

const digest = (mark: number): Bytes => new Uint8Array(32).fill(mark);

/**
 * The contract that the gateway relies on when it redeems. Real issuers and the fakes of tests must pass it.
 */
export function redeemerContract(name: string, make: () => Promise<RedeemerUnderTest>): void {
  describe(`Redeemer: ${name}`, () => {
    /** Redeems one token with these tags and envelopes, one after the other. */
    async function outcomes(idempotent: boolean, ...tries: readonly (readonly [number, number])[]) {
      const { redeemer, mint } = await make();
      const token = await mint();
      const seen: string[] = [];
      for (const [tag, envelope] of tries) {
        const r = { service: 'stickers', token, tag: digest(tag), envelope: digest(envelope), idempotent };
        seen.push(await redeemer.redeem(r));
      }
      return seen;
    }

    test('the same request in a new envelope: is accepted three times in all', async () => {
      const tries = [1, 2, 3, 4].map((envelope) => [1, envelope] as const);
      expect(await outcomes(true, ...tries)).toEqual(['first', 'again', 'again', 'spent']);
    });

    test('the same request to a service that is not idempotent: is accepted once', async () => {
      expect(await outcomes(false, [1, 1], [1, 2])).toEqual(['first', 'spent']);
    });

    test('the same envelope: is a replay; another request: is a second spend', async () => {
      expect(await outcomes(true, [1, 1], [1, 1], [2, 2], [1, 3])).toEqual([
        'first',
        'replayed',
        'spent',
        'again',
      ]);
      expect(await outcomes(false, [1, 1], [1, 1])).toEqual(['first', 'replayed']);
    });

    test('fifty requests at once, each in an envelope of its own: one is first', async () => {
      const { redeemer, mint } = await make();
      const token = await mint();
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          redeemer.redeem({
            service: 'stickers',
            token,
            tag: digest(i),
            envelope: digest(i),
            idempotent: true,
          }),
        ),
      );
      expect(all.filter((outcome) => outcome === 'first')).toHaveLength(1);
      expect(all.filter((outcome) => outcome === 'spent')).toHaveLength(49);
    });

    test('a forged token, or one for another service: is invalid and does not spend the genuine one', async () => {
      const { redeemer, mint } = await make();
      const token = await mint();
      const forged = token.slice();
      forged[token.length - 1] = (forged[token.length - 1] ?? 0) ^ 1;
      const rest = { tag: digest(1), envelope: digest(1), idempotent: true };
      expect(await redeemer.redeem({ service: 'stickers', token: forged, ...rest })).toBe('invalid');
      expect(await redeemer.redeem({ service: 'ledger', token, ...rest })).toBe('invalid');
      expect(await redeemer.redeem({ service: 'stickers', token, ...rest })).toBe('first');
    });
  });
}

/** The whole contract that the gateway relies on: redemption and the published schedule. */
export function issuerContract(name: string, make: () => Promise<IssuerUnderTest>): void {
  redeemerContract(name, async () => {
    const { issuer, mint } = await make();
    const redeem = async (redemption: Redemption) =>
      (await issuer.redeem({ ...redemption, knownRevision: 0 })).outcome;
    return { redeemer: { redeem }, mint };
  });

  test(`N56 IssuerApi: ${name}: its revision never decreases, and grows with each accepted token`, async () => {
    const { issuer, mint } = await make();
    const revisions: number[] = [(await issuer.schedule(0)).revision];
    for (let i = 0; i < 4; i++) {
      const call = {
        service: 'stickers',
        token: await mint(),
        tag: digest(i),
        envelope: digest(i),
        idempotent: true,
      };
      const { outcome, revision } = await issuer.redeem({ ...call, knownRevision: revisions.at(-1) ?? 0 });
      expect(outcome).toBe('first');
      revisions.push(revision);
    }
    revisions.push((await issuer.schedule(revisions.at(-1) ?? 0)).revision);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    expect(revisions.at(-1)).toBeGreaterThan(revisions[0] ?? 0);
  });

  test(`IssuerApi: ${name}: a repeated call gets the same result, and another call with its envelope is a replay`, async () => {
    const { issuer, mint } = await make();
    const redemption = {
      service: 'stickers',
      token: await mint(),
      tag: digest(1),
      idempotent: true,
      knownRevision: 0,
    };
    const outcome = async (envelope: number, call: number): Promise<string> => {
      const bytes = { envelope: digest(envelope), call: digest(call).slice(0, 8) };
      return (await issuer.redeem({ ...redemption, ...bytes })).outcome;
    };
    expect([await outcome(1, 1), await outcome(1, 1), await outcome(1, 2)]).toEqual([
      'first',
      'first',
      'replayed',
    ]);
    expect([await outcome(2, 3), await outcome(2, 3), await outcome(1, 1)]).toEqual([
      'again',
      'again',
      'first',
    ]);
    const rival = { ...redemption, tag: digest(2), envelope: digest(3), call: digest(4).slice(0, 8) };
    const told = [(await issuer.redeem(rival)).outcome, (await issuer.redeem(rival)).outcome];
    expect(told).toEqual(['spent', 'spent']);
    const odd = await issuer.redeem({ ...rival, call: digest(4) });
    expect(odd.outcome).toBe('invalid');
  });

  test(`IssuerApi: ${name}: publishes consecutive epochs, each with a directory and challenges`, async () => {
    const { issuer } = await make();
    const { epochs } = await issuer.schedule(0);
    expect(epochs.length).toBeGreaterThan(1);
    const length = (epochs[1]?.start ?? 0) - (epochs[0]?.start ?? 0);
    expect(length).toBeGreaterThan(0);
    for (const [i, { start, directory, challenges }] of epochs.entries()) {
      expect(start).toBe((epochs[0]?.start ?? 0) + i * length);
      expect(directory).toBeInstanceOf(Uint8Array);
      expect(directory.length).toBeGreaterThan(0);
      expect(challenges.map(({ service }) => service)).toContain('stickers');
      for (const { tokenType, challenge } of challenges) {
        expect([1, 5]).toContain(tokenType);
        expect(challenge).toBeInstanceOf(Uint8Array);
      }
    }
  });

  test(`N56 IssuerApi: ${name}: refuses a gateway that has seen a higher revision, and every one after it`, async () => {
    const { issuer, mint } = await make();
    const call = {
      service: 'stickers',
      token: await mint(),
      tag: digest(1),
      envelope: digest(1),
      idempotent: true,
    };
    const { revision } = await issuer.schedule(0);
    const later = revision + 1_000_000;
    expect((await issuer.redeem({ ...call, knownRevision: later })).outcome).toBe('unavailable');
    // A function, because the matcher would read properties of an RPC promise, and each read is a call that rejects.
    await expect(async () => issuer.schedule(later)).rejects.toThrow(
      /older than the gateway remembers|bad-gateway/,
    );
    expect((await issuer.redeem({ ...call, knownRevision: 0 })).outcome).toBe('unavailable');
  });
}
