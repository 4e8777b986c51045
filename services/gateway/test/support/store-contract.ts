import { describe, expect, test } from 'vitest';
import type { KeyStore, ReplayStore, StoredEpoch } from '../../src/ports.ts';

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

function epoch(epochIndex: number, mark = 0): StoredEpoch {
  return {
    epochIndex,
    tagKey: bytes(epochIndex, mark),
    keys: [0x20, 0x647a].map((kemId, i) => ({
      kemId,
      keyId: i,
      publicKey: bytes(epochIndex, kemId & 255, mark),
      wrapped: bytes(7, epochIndex, mark),
    })),
  };
}

/** The contract of every key store. */
export function keyStoreContract(name: string, make: () => KeyStore | Promise<KeyStore>): void {
  describe(`KeyStore in ${name}`, () => {
    test('returns what was added, by epoch', async () => {
      const store = await make();
      expect(await store.epochs(0, 100)).toEqual([]);
      await store.add([epoch(5), epoch(3), epoch(4)]);
      expect(await store.epochs(4, 9)).toEqual([epoch(4), epoch(5)]);
    });

    test('of concurrent calls the first one for an epoch stays', async () => {
      const store = await make();
      await Promise.all(Array.from({ length: 20 }, (_, mark) => store.add([epoch(3, mark), epoch(4, mark)])));
      const epochs = await store.epochs(3, 4);
      expect(epochs).toHaveLength(2);
      for (const one of epochs) expect(one).toEqual(epoch(one.epochIndex, one.tagKey[1]));
    });

    test('destroyed epochs are deleted and do not come back', async () => {
      const store = await make();
      await store.add([epoch(3), epoch(4)]);
      await store.offer([3, 4].map((epochIndex) => ({ epochIndex, bundle: bytes(epochIndex) })));
      await store.destroy(4);
      expect(await store.epochs(0, 9)).toEqual([epoch(4)]);
      expect((await store.bundles(0, 9)).map(({ epochIndex }) => epochIndex)).toEqual([4]);
      await store.destroy(2);
      await store.add([epoch(3), epoch(2)]);
      await store.offer([{ epochIndex: 3, bundle: bytes(3) }]);
      expect(await store.epochs(0, 9)).toEqual([epoch(4)]);
      expect(await store.bundles(0, 3)).toEqual([]);
    });

    test('discarded epochs can be made anew, unlike destroyed ones', async () => {
      const store = await make();
      await store.add([epoch(3), epoch(4), epoch(5)]);
      await store.offer([3, 4, 5].map((epochIndex) => ({ epochIndex, bundle: bytes(epochIndex) })));
      await store.discard([3, 5]);
      expect(await store.epochs(0, 9)).toEqual([epoch(4)]);
      expect((await store.bundles(0, 9)).map(({ epochIndex }) => epochIndex)).toEqual([4]);
      await store.add([epoch(3, 1), epoch(4, 1)]);
      expect(await store.epochs(0, 9)).toEqual([epoch(3, 1), epoch(4)]);
    });

    test('N52 a wrapped key is replaced only if it has not changed', async () => {
      const store = await make();
      await store.add([epoch(3), epoch(4)]);
      const { keys, tagKey } = epoch(3);
      const before = keys[0]?.wrapped ?? bytes();
      const change = { epochIndex: 3, kemId: 0x20, before, after: bytes(8, 8) };
      await store.rewrap([change, { epochIndex: 3, kemId: null, before: tagKey, after: bytes(9) }]);
      await store.rewrap([
        { ...change, after: bytes(1) },
        { epochIndex: 4, kemId: null, before: tagKey, after: bytes(1) },
      ]);
      const [third, fourth] = await store.epochs(3, 4);
      expect(third?.keys.map(({ kemId, wrapped }) => [kemId, wrapped])).toEqual([
        [0x20, bytes(8, 8)],
        [0x647a, keys[1]?.wrapped],
      ]);
      expect(third?.tagKey).toEqual(bytes(9));
      expect(fourth).toEqual(epoch(4));
    });

    test('a bundle may change until it is signed, and then does not', async () => {
      const store = await make();
      await store.offer([{ epochIndex: 3, bundle: bytes(1) }]);
      await store.offer([{ epochIndex: 3, bundle: bytes(2) }]);
      expect(await store.bundles(3, 3)).toEqual([
        { epochIndex: 3, bundle: bytes(2), signature: null, signature1: null, proof: null },
      ]);
      const signature = bytes(...Array.from({ length: 64 }, (_, i) => i));
      const signature1 = signature.toReversed();
      expect(await store.sign({ epochIndex: 3, bundle: bytes(1), signature, signature1, proof: null })).toBe(
        false,
      );
      expect(await store.sign({ epochIndex: 4, bundle: bytes(2), signature, signature1, proof: null })).toBe(
        false,
      );
      expect(await store.sign({ epochIndex: 3, bundle: bytes(2), signature, signature1, proof: null })).toBe(
        true,
      );
      await store.offer([{ epochIndex: 3, bundle: bytes(9) }]);
      expect(await store.bundles(3, 3)).toEqual([
        { epochIndex: 3, bundle: bytes(2), signature, signature1, proof: null },
      ]);
    });

    test('a signed bundle may be withdrawn until a log has it, and keeps its proof', async () => {
      const store = await make();
      const signature = bytes(...Array.from({ length: 64 }, (_, i) => i));
      const signature1 = null; // of a bundle of version 1
      const rows = [3, 4].map((epochIndex) => ({ epochIndex, bundle: bytes(epochIndex) }));
      await store.offer(rows);
      for (const row of rows)
        expect(await store.sign({ ...row, signature, signature1, proof: null })).toBe(true);
      expect(
        await store.sign({ epochIndex: 4, bundle: bytes(4), signature, signature1, proof: 'proof' }),
      ).toBe(true);
      expect(await store.sign({ epochIndex: 4, bundle: bytes(4), signature, signature1, proof: null })).toBe(
        true,
      );
      await store.withdraw([3, 4]);
      expect(await store.bundles(3, 4)).toEqual([
        { epochIndex: 4, bundle: bytes(4), signature, signature1, proof: 'proof' },
      ]);
    });
  });
}

/** The contract of every replay store. @param make - a store with room for three */
export function replayStoreContract(name: string, make: () => ReplayStore | Promise<ReplayStore>): void {
  describe(`ReplayStore in ${name}`, () => {
    test('returns first to one of any number of concurrent calls', async () => {
      const store = await make();
      const all = await Promise.all(Array.from({ length: 50 }, () => store.admit(bytes(0, 1), 2000, 1000)));
      expect(all.filter((verdict) => verdict === 'first')).toHaveLength(1);
      expect(all.filter((verdict) => verdict === 'replayed')).toHaveLength(49);
    });

    test('remembers an envelope until its last second, and frees its room afterwards', async () => {
      const store = await make();
      for (const i of [1, 2, 3]) expect(await store.admit(bytes(0, i), 2000, 1000)).toBe('first');
      expect(await store.admit(bytes(0, 1), 2000, 2000)).toBe('replayed');
      expect(await store.admit(bytes(0, 4), 3000, 2000)).toBe('full');
      expect(await store.admit(bytes(0, 4), 3000, 2001)).toBe('first');
    });

    test('N24 a clock that was ahead for a while makes it forget nothing', async () => {
      const store = await make();
      expect(await store.admit(bytes(0, 1), 2000, 1000)).toBe('first');
      expect(await store.admit(bytes(0, 2), 2000 + 3600, 1000 + 3600)).toBe('first');
      expect(await store.admit(bytes(0, 1), 2000, 1001)).toBe('replayed');
    });

    test('is full rather than forget live envelopes', async () => {
      const store = await make();
      for (const i of [1, 2, 3]) expect(await store.admit(bytes(0, i), 2000, 1000)).toBe('first');
      expect(await store.admit(bytes(0, 4), 2000, 1000)).toBe('full');
      expect(await store.admit(bytes(0, 1), 2000, 1000)).toBe('replayed');
      expect(await store.admit(bytes(0, 4), 3000, 2001)).toBe('first');
    });
  });
}
