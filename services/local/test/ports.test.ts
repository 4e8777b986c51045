import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts } from '../src/ports.ts';

test('free ports: a range with a used port is skipped, and no range is returned twice', async () => {
  const first = await freePorts(3);
  const taken = createServer().listen(first + 4, '127.0.0.1');
  await once(taken, 'listening');
  expect(await freePorts(3)).toBeGreaterThanOrEqual(first + 6);
  taken.close();
});

test('free ports: they start again before the end of their range', async () => {
  for (let i = 0; i < 12; i++) {
    const first = await freePorts(2000);
    expect(first).toBeGreaterThanOrEqual(10_000);
    expect(first + 2000).toBeLessThanOrEqual(32_000);
  }
});
