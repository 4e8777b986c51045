import { concat, type Bytes, type Random } from '@sotto/wire';

/** Randomness that remembers what it gave. */
export interface RecordedRandom {
  readonly random: Random;
  /** All bytes so far. */
  readonly drawn: () => Bytes;
}

/** Records what is drawn, so that the same request can be made again. */
export function recordRandom(random: Random): RecordedRandom {
  const pieces: Bytes[] = [];
  return {
    random: (length) => {
      const piece = random(length);
      pieces.push(piece);
      return piece;
    },
    drawn: () => concat(...pieces),
  };
}

/** Gives recorded bytes again, in their order. @throws {RangeError} when they are used up */
export function replayRandom(recorded: Bytes): Random {
  let at = 0;
  return (length) => {
    if (at + length > recorded.length) throw new RangeError('the recorded randomness is used up');
    at += length;
    return recorded.slice(at - length, at);
  };
}
