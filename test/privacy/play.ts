import { randomBytes } from 'node:crypto';

/** One party's view of one request, as named values by which it could distinguish clients. */
export type Features = Readonly<Record<string, string | number>>;

export type User = 'A' | 'B';

/** Plays a game: a fair coin picks who sends each request. Returns the transcript of one party. */
export async function play(
  rounds: number,
  send: (user: User, round: number) => Promise<Features>,
): Promise<{ readonly user: User; readonly seen: Features }[]> {
  const transcript = [];
  const coins = randomBytes(rounds);
  for (let round = 0; round < rounds; round++) {
    // The first two rounds have one request each, so that both users appear.
    const user: User = ((round < 2 ? round : (coins[round] ?? 0)) & 1) === 0 ? 'A' : 'B';
    transcript.push({ user, seen: await send(user, round) });
  }
  return transcript;
}

/** Features whose sets of values differ between the users. It compares supports, not distributions. */
export function distinguishing(
  transcript: readonly { readonly user: User; readonly seen: Features }[],
): string[] {
  const names = new Set(transcript.flatMap(({ seen }) => Object.keys(seen)));
  const support = (of: User, name: string): string =>
    JSON.stringify(
      [
        ...new Set(transcript.filter(({ user }) => user === of).map(({ seen }) => String(seen[name]))),
      ].toSorted(),
    );
  return [...names].filter((name) => support('A', name) !== support('B', name)).toSorted();
}

/** Pearson's chi-square over the values of bytes, against a uniform source: 255 degrees of freedom. */
export function chiSquare(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Mutual information between the two columns, in bits. */
export function mutualInformation(pairs: readonly (readonly [number, number])[]): number {
  const count = <T>(values: readonly T[]): Map<T, number> => {
    const counts = new Map<T, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };
  const n = pairs.length;
  const left = count(pairs.map(([a]) => a));
  const right = count(pairs.map(([, b]) => b));
  let bits = 0;
  for (const [key, both] of count(pairs.map(([a, b]) => `${a},${b}`))) {
    const [a = 0, b = 0] = key.split(',').map(Number);
    bits += (both / n) * Math.log2((both * n) / ((left.get(a) ?? 1) * (right.get(b) ?? 1)));
  }
  return bits;
}
