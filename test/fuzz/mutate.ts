import type { Bytes } from '@sotto/wire';

/** A seeded source of integers below `n`. */
export type Below = (n: number) => number;

/** Bytes that decoders treat specially: boundaries of varints, signs, padding and ASCII separators. */
const INTERESTING = [0, 1, 2, 0x1f, 0x20, 0x22, 0x2c, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];
const LENGTHS = [
  '00',
  '01',
  '3f',
  '4040',
  '7fff',
  '80010000',
  'bfffffff',
  'c000000100000000',
  'ffffffffffffffff',
];
const MAX_LENGTH = 4096; // bytes: longer mutants are truncated

type Mutation = (bytes: Bytes, below: Below, other: Bytes) => Bytes;

const spliced = (bytes: Bytes, at: number, removed: number, inserted: Uint8Array): Bytes => {
  const result = new Uint8Array(bytes.length - removed + inserted.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(bytes.subarray(at + removed), at + inserted.length);
  return result;
};

const changed = (bytes: Bytes, below: Below, change: (byte: number) => number): Bytes => {
  const result = bytes.slice();
  if (result.length === 0) return result;
  const at = below(result.length);
  result[at] = change(result[at] ?? 0);
  return result;
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, below) => changed(bytes, below, (byte) => byte ^ (1 << below(8))),
  (bytes, below) => changed(bytes, below, () => INTERESTING[below(INTERESTING.length)] ?? 0),
  (bytes, below) => changed(bytes, below, (byte) => byte + below(9) - 4),
  (bytes, below) => changed(bytes, below, () => below(256)),
  (bytes, below) => bytes.slice(0, below(bytes.length + 1)),
  (bytes, below) => spliced(bytes, below(bytes.length + 1), 0, Uint8Array.of(below(256))),
  (bytes, below) => {
    const length = Buffer.from(LENGTHS[below(LENGTHS.length)] ?? '', 'hex');
    const at = below(bytes.length + 1);
    return spliced(bytes, at, Math.min(below(2) * length.length, bytes.length - at), length);
  },
  (bytes, below) => {
    const at = below(bytes.length + 1);
    return spliced(bytes, at, below(Math.min(16, bytes.length - at) + 1), new Uint8Array(0));
  },
  (bytes, below) => {
    const at = below(bytes.length + 1);
    const piece = bytes.slice(at, at + below(64));
    return spliced(bytes, below(bytes.length + 1), 0, piece); // a repeated part
  },
  (bytes, below, other) => {
    const at = below(other.length + 1);
    const piece = other.slice(at, at + below(256));
    const to = below(bytes.length + 1);
    return spliced(bytes, to, Math.min(piece.length * below(2), bytes.length - to), piece);
  },
  (bytes, below) => spliced(bytes, bytes.length, 0, new Uint8Array(below(64))),
];

/** One to four random changes of a corpus entry. One mutant in 16 is the entry itself. */
export function mutant(corpus: readonly Bytes[], below: Below): Bytes {
  const pick = (): Bytes => corpus[below(corpus.length)] ?? new Uint8Array(0);
  let bytes = pick();
  if (below(16) === 0) return bytes.slice();
  for (let left = 1 + below(4); left > 0; left--) {
    const mutation = MUTATIONS[below(MUTATIONS.length)] as Mutation;
    bytes = mutation(bytes, below, pick());
  }
  return bytes.slice(0, MAX_LENGTH);
}
