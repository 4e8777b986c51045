import { Randomness } from './randomness.ts';

const HOURS = 25; // 24, and "none"
const SHUFFLES = 3;

/** Mutual information of two columns of values below {@link HOURS}, in bits: of the counts as they are. */
function plugIn(a: Uint8Array, b: Uint8Array): number {
  const joint = new Float64Array(HOURS * HOURS);
  const [ofA, ofB] = [new Float64Array(HOURS), new Float64Array(HOURS)];
  for (let i = 0; i < a.length; i++) {
    const [x = 0, y = 0] = [a[i], b[i]];
    joint[x * HOURS + y] = (joint[x * HOURS + y] ?? 0) + 1;
    ofA[x] = (ofA[x] ?? 0) + 1;
    ofB[y] = (ofB[y] ?? 0) + 1;
  }
  let bits = 0;
  joint.forEach((n, cell) => {
    const expected = ((ofA[Math.floor(cell / HOURS)] ?? 0) * (ofB[cell % HOURS] ?? 0)) / a.length;
    if (n > 0) bits += (n / a.length) * Math.log2(n / expected);
  });
  return bits;
}

/**
 * Mutual information in bits, less that of the same values after shuffling, which is the bias of a finite
 * sample.
 */
export function mutualInformation(a: Uint8Array, b: Uint8Array, random: Randomness): number {
  let bias = 0;
  const shuffled = Uint8Array.from(b);
  for (let i = 0; i < SHUFFLES; i++) {
    random.shuffle(shuffled);
    bias += plugIn(a, shuffled) / SHUFFLES;
  }
  return Math.max(0, plugIn(a, b) - bias);
}

/** The value below which this share of a list is. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}
