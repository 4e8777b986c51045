import { expect, test } from 'vitest';
import { rotate } from '../soak/rotation.ts';

test('G28 I14 suite: while every key rotates under load, no request of a client with a valid bundle fails', async () => {
  const least = { epochs: 3, requests: 30, searches: 3, previous: 3 };
  const figures = await rotate({
    seconds: 8,
    epochSeconds: 2,
    clients: 2,
    perSecond: 40,
    echoClients: 12,
    seed: 28,
    least,
  });
  expect([figures.failed, figures.of5xx]).toEqual([[], 0]);
  for (const [count, n] of Object.entries(least)) {
    expect([count, figures[count as keyof typeof least] >= n]).toEqual([count, true]);
  }
  expect(figures.oldest).toBeGreaterThan(1);
}, 90_000);
