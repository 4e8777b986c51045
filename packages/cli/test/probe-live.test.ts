import { expect, test } from 'vitest';
import { probe } from '../src/commands/probe.ts';

const relay = process.env['SOTTO_LIVE_RELAY'];

test.skipIf(relay === undefined)(
  'R31 P02 probe: a deployed pair passes (skipped without SOTTO_LIVE_RELAY, because deployments need accounts)',
  { timeout: 300_000 },
  async () => {
    const failed: string[] = [];
    const io = {
      out: (line: string) => void (line.includes('"fail"') && failed.push(line)),
      err: () => {},
      fetch,
      env: {},
      cwd: '/',
      columns: null,
    };
    const gateway = process.env['SOTTO_LIVE_GATEWAY'];
    const root = process.env['SOTTO_LIVE_ROOT'];
    const argv = [
      '--relay',
      relay ?? '',
      ...(gateway === undefined ? [] : ['--gateway', gateway]),
      ...(root === undefined ? [] : ['--root', root]),
    ];
    expect(await probe([...argv, '--json'], io)).toBe(0);
    expect(failed).toEqual([]);
  },
);
