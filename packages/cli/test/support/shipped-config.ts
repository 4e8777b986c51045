import path from 'node:path';
import { expect } from 'vitest';
import { unstable_readConfig } from 'wrangler';

const SHIPPED = path.resolve(import.meta.dirname, '../../../../wrangler.toml');

/** Compares the block of a service in a written wrangler.toml with the shipped one, except for names that are an operator's own. Returns its number of routes. */
export function expectAsShipped(file: string, env: string): number {
  const [ours, theirs] = [file, SHIPPED].map((config) =>
    unstable_readConfig({ config, env }, { hideWarnings: true }),
  );
  for (const member of [
    'name',
    'compatibility_date',
    'compatibility_flags',
    'workers_dev',
    'observability',
    'triggers',
    'ratelimits',
    'services',
    'migrations',
    'durable_objects',
  ] as const) {
    expect(ours?.[member]).toEqual(theirs?.[member]);
  }
  expect(ours?.assets?.binding).toBe(theirs?.assets?.binding);
  expect(ours?.assets?.run_worker_first).toBe(theirs?.assets?.run_worker_first);
  return ours?.routes?.length ?? 0;
}
