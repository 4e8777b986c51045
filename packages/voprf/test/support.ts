import type { Bytes, Random } from '@sotto/wire';

/** A Random that returns recorded bytes in order, and throws on a call or a length that was not recorded. */
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

/** The random bytes from which RandomScalar makes this scalar. */
export function wide(scalar: Bytes): Bytes {
  const bytes = new Uint8Array(scalar.length * 1.5);
  bytes.set(scalar, scalar.length === 32 ? 0 : bytes.length - scalar.length);
  return bytes;
}

/** Repeatable pseudorandom bytes (xorshift32) for a seed. */
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
