import { expect, test } from 'vitest';
import { decodeBundle, signVersions } from '@sotto/bundle';
import { HORIZON } from '@sotto/wire';
import { runSchedule } from '../src/keys/schedule.ts';
import { DAY, testGateway, memoryStores, NOW, ROOT_SECRET } from './support/gateway.ts';

const TODAY = Math.floor(NOW / DAY);
type Authority = Awaited<ReturnType<typeof testGateway>>['deps']['authority'];

/** A gateway all of whose bundles are signed, and whose table then changes. */
async function afterChange(change: (authority: Authority) => Partial<Authority>) {
  const store = memoryStores().keys;
  const { deps } = await testGateway({ store });
  const authority = { ...deps.authority, ...change(deps.authority) };
  const before = await store.bundles(TODAY, TODAY + HORIZON);
  const problems = await runSchedule(authority, NOW);
  const after = await store.bundles(TODAY, TODAY + HORIZON);
  const unsigned = after.filter(({ signature }) => signature === null);
  return { store, authority, problems, before, after, unsigned };
}

const AHEAD = [2, 3, 4, 5, 6, 7].map((ahead) => TODAY + ahead);

test.each<[string, (authority: Authority) => Partial<Authority>]>([
  ['a removed service', ({ services }) => ({ services: services.slice(1) })],
  [
    'a renamed service',
    ({ services }) => ({
      services: services.map((row) => (row.token === null ? { ...row, name: 'gifs' } : row)),
    }),
  ],
  [
    'another length',
    ({ services }) => ({
      services: services.map((row) => ({ ...row, lengths: { ...row.lengths, responseLength: 4096 } })),
    }),
  ],
  ['an announced root', () => ({ nextRoot: new Uint8Array(32).fill(9) })],
  ['another provider', () => ({ provider: 'hetzner' })],
])(
  'gateway: %s replaces the signed bundles of the epochs after the next, and no other',
  async (_name, change) => {
    const { authority, problems, before, after, unsigned, store } = await afterChange(change);
    expect(unsigned.map(({ epochIndex }) => epochIndex)).toEqual(AHEAD);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(problems).toHaveLength(AHEAD.length);
    expect(problems[0]).toMatch(/^bundle \d+: differs from SERVICES, NEXT_ROOT or PROVIDER.*Sign it again/);
    const names = authority.services.map(({ name }) => name);
    expect(
      unsigned.every(({ bundle }) => decodeBundle(bundle).services.every(({ name }) => names.includes(name))),
    ).toBe(true);
    for (const { epochIndex, bundle } of unsigned)
      await store.sign({ epochIndex, bundle, ...signVersions(bundle, ROOT_SECRET), proof: null });
    expect(await runSchedule(authority, NOW)).toEqual([]);
  },
);

test('gateway: an unchanged table, and a change of a timeout, keep every signature', async () => {
  for (const change of [
    () => ({}),
    ({ services }: Authority) => ({ services: services.map((row) => ({ ...row, timeoutMs: 17 })) }),
  ]) {
    const { problems, before, after } = await afterChange(change);
    expect(problems).toEqual([]);
    expect(after).toEqual(before);
  }
});
