import type { Bytes, Random } from '@sotto/wire';

/** A Random that hands back recorded bytes, and objects to a length or a call nobody recorded. */
export function replay(...recorded: readonly Bytes[]): Random {
  const left = [...recorded];
  return (length) => {
    const next = left.shift();
    if (next?.length !== length) {
      throw new Error(`replay: asked for ${length} bytes, recorded ${next?.length ?? 'none'}`);
    }
    return next;
  };
}

/** The bytes that make RandomScalar give this scalar: wide, and below n already. */
export function wide(scalar: Bytes): Bytes {
  const bytes = new Uint8Array(scalar.length * 1.5);
  bytes.set(scalar, scalar.length === 32 ? 0 : bytes.length - scalar.length);
  return bytes;
}

/** Repeatable chance (xorshift32): the same seed, the same bytes. */
export function seeded(seed: number): Random {
  let state = seed === 0 ? 1 : seed;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    });
}
