import { ClientError, type Wallet, type WalletState } from '../../src/index.ts';

/** The contract of every wallet. The test of each adapter runs it. It needs no globals of a test runner. */
export type WalletRow = readonly [name: string, run: (open: () => Promise<Wallet>) => Promise<void>];

/** Fails unless both are the same as JSON. */
export function same(actual: unknown, expected: unknown): void {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`got ${a}, not ${b}`);
}

const token = (n: number) => ({
  service: 'stickers',
  epoch: 100,
  issuedAt: 200,
  token: Uint8Array.of(n, 255, 0, n),
});

const numbers = ({ tokens }: WalletState): number[] => tokens.map((one) => one.token[0] ?? -1);
const add =
  (n: number) =>
  (state: WalletState): void =>
    void state.tokens.push(token(n));
const take = (state: WalletState): number | null => state.tokens.shift()?.token[0] ?? null;

/**
 * @param open - opens the same wallet again each time, as another tab or process would; a new one for each
 *   row
 */
export const WALLET_CONTRACT: readonly WalletRow[] = [
  [
    'is empty at first',
    async (open) => {
      const state = await (await open()).update((kept) => kept);
      same(
        [state.tokens, state.pending, state.bundle, state.sequence, state.refused],
        [[], [], null, -1, -1],
      );
    },
  ],
  [
    'keeps the changed state, bytes included, for the next one that opens it',
    async (open) => {
      await (
        await open()
      ).update((state) => {
        state.tokens.push(token(7));
        state.pending.push({ ...token(8), ref: Uint8Array.of(9), fingerprint: Uint8Array.of(1), tries: 2 });
        state.schedules['stickers'] = { epoch: 100, dueAt: 150, left: 3 };
        state.bundle = { signed: Uint8Array.of(1, 2), pins: 'b64:not bytes' };
        state.roots = { keys: [Uint8Array.of(3)], pins: 'b64:not bytes' };
        state.sequence = 41;
      });
      await (
        await open()
      ).update((state) => {
        const [kept] = state.tokens;
        same(kept?.token instanceof Uint8Array, true);
        same([...(kept?.token ?? [])], [7, 255, 0, 7]);
        same([...(state.roots?.keys[0] ?? [])], [3]);
        same(state.bundle?.pins, 'b64:not bytes');
        same([state.pending[0]?.tries, state.schedules['stickers']?.left, state.sequence], [2, 3, 41]);
      });
    },
  ],
  [
    'keeps vouchers in all their states: held, of a request, of a refill without an answer',
    async (open) => {
      const voucher = { epoch: 7, key: Uint8Array.of(1, 0), token: Uint8Array.of(255, 2) };
      const vouchers = {
        period: 7,
        services: ['stickers'],
        held: [voucher, { ...voucher, epoch: 8 }],
        issuedThrough: 13,
        nextIssuance: { last: 20, dueAt: 1900 },
        issuance: { first: 14, last: 20, randomness: Uint8Array.of(9, 9), sentAt: 1800 },
        pack: { epoch: 7, voucher, randomness: Uint8Array.of(5), attempts: 2, sentAt: null },
        schedule: { epoch: 7, dueAt: null, extraAt: 750, began: true },
        usedAt: 712,
      };
      await (await open()).update((state) => void (state.vouchers = vouchers));
      const kept = await (await open()).update((state) => state.vouchers);
      same(kept, vouchers);
      same(kept?.pack?.voucher.token instanceof Uint8Array, true);
      same(kept?.issuance?.randomness instanceof Uint8Array, true);
    },
  ],
  [
    'returns the result of the change',
    async (open) => {
      const wallet = await open();
      await wallet.update(add(5));
      same(await wallet.update(take), 5);
      same(await wallet.update(take), null);
    },
  ],
  [
    'keeps nothing of a change that throws, and stays usable',
    async (open) => {
      const wallet = await open();
      await wallet.update(add(1));
      const failed = await wallet
        .update((state) => {
          state.tokens.length = 0;
          throw new ClientError('attempt-over');
        })
        .catch((error: unknown) => (error as ClientError).code);
      same(failed, 'attempt-over');
      same(await wallet.update(numbers), [1]);
    },
  ],
  [
    'does not share objects with its callers',
    async (open) => {
      const wallet = await open();
      await wallet.update(add(1));
      const leaked = await wallet.update((state) => state);
      leaked.tokens.length = 0;
      leaked.sequence = 9;
      same(await wallet.update(numbers), [1]);
      same(await wallet.update(({ sequence }) => sequence), -1);
    },
  ],
  [
    'runs changes exclusively: of 24 concurrent ones none is lost and no token is taken twice',
    async (open) => {
      const sides = await Promise.all([open(), open(), open(), open()]);
      await Promise.all(
        sides.flatMap((wallet, i) => [0, 1, 2, 3, 4, 5].map((j) => wallet.update(add(6 * i + j)))),
      );
      const all = await (await open()).update(numbers);
      same(
        all.toSorted((a, b) => a - b),
        Array.from({ length: 24 }, (_, i) => i),
      );
      const taken = await Promise.all(
        sides.flatMap((wallet) => Array.from({ length: 7 }, () => wallet.update(take))),
      );
      const got = taken.filter((n) => n !== null);
      same(new Set(got).size, 24);
      same(got.length, 24);
    },
  ],
];
