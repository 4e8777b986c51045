import { describe, expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import type { Redeemer } from '../../src/ports.ts';

/** A redeemer, and how to come by a genuine token of it for the service `stickers`. */
export interface RedeemerUnderTest {
  readonly redeemer: Redeemer;
  readonly mint: () => Promise<Bytes>;
}

const digest = (mark: number): Bytes => new Uint8Array(32).fill(mark);

/** What the gateway relies on, of the fake as of the issuer. */
export function redeemerContract(name: string, make: () => Promise<RedeemerUnderTest>): void {
  describe(`Redeemer: ${name}`, () => {
    /** Redeems one token with these tags and envelopes in turn. */
    async function verdicts(idempotent: boolean, ...tries: readonly (readonly [number, number])[]) {
      const { redeemer, mint } = await make();
      const token = await mint();
      const said: string[] = [];
      for (const [tag, envelope] of tries) {
        const r = { service: 'stickers', token, tag: digest(tag), envelope: digest(envelope), idempotent };
        said.push(await redeemer.redeem(r));
      }
      return said;
    }

    test('the same request in a new envelope is answered again, three times in all', async () => {
      const tries = [1, 2, 3, 4].map((envelope) => [1, envelope] as const);
      expect(await verdicts(true, ...tries)).toEqual(['first', 'again', 'again', 'spent']);
    });

    test('for a service that is not idempotent there is one answer', async () => {
      expect(await verdicts(false, [1, 1], [1, 2])).toEqual(['first', 'spent']);
    });

    test('the same envelope is a replay, another request a second spend', async () => {
      expect(await verdicts(true, [1, 1], [1, 1], [2, 2], [1, 3])).toEqual([
        'first',
        'replayed',
        'spent',
        'again',
      ]);
      expect(await verdicts(false, [1, 1], [1, 1])).toEqual(['first', 'replayed']);
    });

    test('of fifty at once, each in an envelope of its own, one is first', async () => {
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
      expect(all.filter((verdict) => verdict === 'first')).toHaveLength(1);
      expect(all.filter((verdict) => verdict === 'spent')).toHaveLength(49);
    });

    test('a forged token, or one for another service, is invalid, and does not spend the genuine one', async () => {
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
