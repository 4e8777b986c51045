import { HORIZON } from '@sotto/wire';
import { expect, test } from 'vitest';
import { rotate } from '../soak/rotation.ts';

const LEAST = { epochs: 3, requests: 30, searches: 3, previous: 3 };
/**
 * Seconds. On a busy machine an epoch may be too short: a batch of tokens takes longer than two of them, so that no search is
 * possible, or the operator's schedule takes longer than the gateway has signed bundles for. Then the next one is tried.
 */
const EPOCHS = [2, 4, 8];

test('G28 I14 suite: while every key rotates under load, no request of a client with a valid bundle fails', async () => {
  let short: string[] = [];
  for (const epochSeconds of EPOCHS) {
    const figures = await rotate({
      seconds: 4 * epochSeconds,
      epochSeconds,
      clients: 2,
      perSecond: 40,
      echoClients: 12,
      seed: 28,
      least: LEAST,
    });
    if (figures.longestPause > HORIZON / 2) {
      short = [
        `the operator's schedule, which paused for ${figures.longestPause} epochs of ${epochSeconds} s`,
      ];
      continue;
    }
    expect(figures.failed).toEqual([]);
    expect(figures.of5xx).toBe(0);
    const counts = { ...LEAST, oldest: 1.001 };
    short = Object.entries(counts).flatMap(([name, n]) =>
      figures[name as keyof typeof counts] >= n ? [] : `${name} in epochs of ${epochSeconds} s`,
    );
    if (short.length === 0) break;
  }
  expect(short).toEqual([]);
}, 300_000);
