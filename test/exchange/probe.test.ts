import { afterAll, beforeAll, expect, test } from 'vitest';
import { probe } from '../../packages/cli/src/commands/probe.ts';
import { plainIo } from '../../packages/cli/test/support/io.ts';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
});
afterAll(() => suite.dispose());

test('probe: reports no failure for the live suite', async () => {
  const lines: string[] = [];
  const { relay, gateway } = suite.urls;
  const argv = ['--relay', relay, '--gateway', gateway, '--root', suite.secrets.root, '--json'];
  const status = await probe(argv, plainIo(fetch, lines));
  const rows = lines.map((line) => JSON.parse(line) as { id: string; result: string; detail: string });
  expect(rows.filter(({ result }) => result === 'fail')).toEqual([]);
  expect(rows.filter(({ result }) => result === 'pass').length).toBeGreaterThan(20);
  expect(status).toBe(0);
}, 60_000);
