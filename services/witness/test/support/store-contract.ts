import { leafHash } from '@sotto/tlog';
import { describe, expect, test } from 'vitest';
import type { Head, WitnessStore } from '../../src/ports.ts';

const LOG = 'log.example';
const head = (size: number, mark = 0): Head => ({
  size,
  root: new Uint8Array(32).fill(mark),
  note: `note ${size} ${mark}`,
});
const entries = (from: number, to: number, mark = 0) =>
  Array.from({ length: to - from }, (_, i) => Uint8Array.of(from + i, mark));

/** The contract of every store of a witness. */
export function witnessStoreContract(name: string, make: () => WitnessStore | Promise<WitnessStore>): void {
  describe(`WitnessStore in ${name}`, () => {
    test('accepts a checkpoint only after the one that the caller compared it with', async () => {
      const store = await make();
      expect(await store.accepted(LOG)).toBeNull();
      expect(await store.accept(LOG, 3, head(5))).toBe(false);
      expect(await store.accept(LOG, 0, head(5))).toBe(true);
      expect(await store.accept(LOG, 0, head(6))).toBe(false);
      expect(await store.accept(LOG, 5, head(7, 1))).toBe(true);
      expect(await store.accepted(LOG)).toEqual(head(7, 1));
      expect(await store.accepted('other.example')).toBeNull();
    });

    test('of any number of concurrent checkpoints after one size, one is accepted', async () => {
      const store = await make();
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, mark) => store.accept(LOG, 0, head(1 + (mark % 7), mark))),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await store.accepted(LOG)).toEqual(head(1 + (results.indexOf(true) % 7), results.indexOf(true)));
    });

    test('keeps the first of each entry, without a gap', async () => {
      const store = await make();
      expect(await store.append(LOG, 1, entries(1, 2))).toBe(0);
      expect(await store.append(LOG, 0, entries(0, 4))).toBe(4);
      expect(await store.append(LOG, 2, entries(2, 6, 9))).toBe(6);
      expect(await store.append(LOG, 0, entries(0, 2, 9))).toBe(6);
      const kept = [...entries(0, 4), ...entries(4, 6, 9)];
      expect(await store.entries(LOG, 0, 9)).toEqual(kept);
      expect(await store.entries(LOG, 3, 5)).toEqual(kept.slice(3, 5));
      expect(await store.leaves(LOG, 5)).toEqual(kept.slice(0, 5).map(leafHash));
      expect([await store.count(LOG), await store.count('other.example')]).toEqual([6, 0]);
    });

    test('with concurrent uploads, each index has one entry', async () => {
      const store = await make();
      await Promise.all(Array.from({ length: 20 }, (_, mark) => store.append(LOG, 0, entries(0, 5, mark))));
      const [first] = await store.entries(LOG, 0, 1);
      expect(await store.entries(LOG, 0, 9)).toEqual(entries(0, 5, first?.[1]));
    });

    test('serves the largest mirrored checkpoint', async () => {
      const store = await make();
      expect(await store.mirrored(LOG)).toBeNull();
      expect(await store.mirror(LOG, head(5))).toBe(true);
      expect(await store.mirror(LOG, head(4))).toBe(false);
      expect(await store.mirror(LOG, head(5, 2))).toBe(true);
      expect(await store.mirrored(LOG)).toEqual(head(5, 2));
    });
  });
}
