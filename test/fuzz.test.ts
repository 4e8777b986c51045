import { expect, test } from 'vitest';
import { fuzz } from './fuzz/run.ts';
import { allTargets } from './fuzz/targets.ts';

const RUNS = 300;
const targets = await allTargets();

test.each(targets.map((target) => [target.name, target] as const))(
  'fuzzing of %s: no crash, hang, large allocation or difference',
  async (_name, target) => {
    const { fault, runs, decoded, codes } = await fuzz(target, { runs: RUNS, seed: 1 });
    expect(fault).toBeNull();
    expect(runs).toBe(RUNS);
    expect(decoded).toBeGreaterThan(0);
    expect(codes.size).toBeGreaterThan(0);
  },
);

test('fuzzing: finds a crash, a large allocation and a difference', async () => {
  const seeds = [Uint8Array.of(1, 2, 3, 4)];
  const run = (target: Partial<Parameters<typeof fuzz>[0]>) =>
    fuzz({ name: 'faulty', seeds, run: () => {}, ...target }, { runs: RUNS, seed: 1 });
  const crash = await run({
    run: (bytes) => {
      if (bytes[0] !== 1) throw new TypeError('not a coded error');
    },
  });
  expect(crash.fault).toContain('not a coded error');
  const large = await run({ run: (bytes) => new Uint8Array((bytes[1] ?? 0) * 10_000) });
  expect(large.fault).toMatch(/allocated \d+ bytes/);
  const slow = await run({
    run: (bytes) => {
      for (const until = performance.now() + (bytes.length === 3 ? 1100 : 0); performance.now() < until;);
    },
  });
  expect(slow.fault).toMatch(/took \d+ ms/);
  expect((await run({})).fault).toBeNull();
});
