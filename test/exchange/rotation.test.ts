import { expect, test } from 'vitest';
import { rotate } from '../soak/rotation.ts';

test('G28 I14 while every key rotates under load, nothing fails for a client whose bundle has not expired', async () => {
  const figures = await rotate({ seconds: 8, epochSeconds: 2, clients: 4 });
  expect(figures.failed).toEqual([]);
  expect(figures.slots).toBeGreaterThanOrEqual(3);
  expect(figures.previous).toBeGreaterThan(0);
  expect(figures.searches).toBeGreaterThan(20);
}, 60_000);
