import { describe, expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import type { IssuerApi, Redeemer } from '../src/index.ts';

/** A redeemer, and how to get a genuine token for the service `stickers` from it. */
export interface RedeemerUnderTest<R extends Redeemer = Redeemer> {
  readonly redeemer: R;
  readonly mint: () => Promise<Bytes>;
}

const digest = (mark: number): Bytes => new Uint8Array(32).fill(mark);

/** What the gateway relies on when it redeems. Real issuers and the fakes of tests must all pass. */
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

/** Everything that the gateway relies on: redemption and the published schedule. */
export function issuerContract(name: string, make: () => Promise<RedeemerUnderTest<IssuerApi>>): void {
  redeemerContract(name, make);

  test(`IssuerApi: ${name}: publishes consecutive epochs, each with a directory and challenges`, async () => {
    const { redeemer } = await make();
    const { epochs } = await redeemer.schedule();
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
}
