import { expect, test } from 'vitest';
import { plainIo } from './support/io.ts';
import { probe } from '../src/commands/probe.ts';

const relay = process.env['SOTTO_LIVE_RELAY'];

test.skipIf(relay === undefined)(
  'R31 P02 probe: a deployed pair passes (skipped without SOTTO_LIVE_RELAY, because deployments need accounts)',
  { timeout: 300_000 },
  async () => {
    const lines: string[] = [];
    const io = plainIo(fetch, lines);
    const gateway = process.env['SOTTO_LIVE_GATEWAY'];
    const root = process.env['SOTTO_LIVE_ROOT'];
    const argv = [
      '--relay',
      relay ?? '',
      ...(gateway === undefined ? [] : ['--gateway', gateway]),
      ...(root === undefined ? [] : ['--root', root]),
    ];
    expect(await probe([...argv, '--json'], io)).toBe(0);
    expect(lines.filter((line) => line.includes('"fail"'))).toEqual([]);
  },
);
