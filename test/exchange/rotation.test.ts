import { expect, test } from 'vitest';
import { rotate } from '../soak/rotation.ts';

test('G28 I14 while every key rotates under load, nothing fails for a client whose bundle has not expired', async () => {
  const figures = await rotate({
    seconds: 8,
    epochSeconds: 2,
    clients: 2,
    perSecond: 40,
    echoClients: 12,
    seed: 28,
  });
  expect([figures.failed, figures.of5xx]).toEqual([[], 0]);
  expect(figures.slots).toBeGreaterThanOrEqual(3);
  expect(figures.previous).toBeGreaterThan(0);
  expect(figures.oldest).toBeGreaterThan(1);
  expect(figures.requests).toBeGreaterThan(30);
  expect(figures.searches).toBeGreaterThan(2);
}, 60_000);
