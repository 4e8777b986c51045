import { HORIZON } from '@sotto/wire';
import { expect, test } from 'vitest';
import { gaugesText, healthOf, healthRoutes, type KeyedState } from '../src/health.ts';
import { memoryCounters } from '../src/metrics.ts';

const AT = { now: 1_000_500, epochSeconds: 1000 };
const CURRENT = 1000;
const away = () => Promise.reject(new Error('away'));
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
const WHOLE: KeyedState = { epochs: from(CURRENT, HORIZON + 1), signed: from(CURRENT, HORIZON + 1) };

async function health(state: KeyedState | null, counters = memoryCounters()) {
  const read = state === null ? away : async () => state;
  const { problems, gauges } = await healthOf(read, counters, AT);
  return { problems, values: Object.fromEntries(gauges.map(({ name, value }) => [name, value])) };
}

test('N63 health: keys and signatures to the horizon are ready', async () => {
  expect(await health(WHOLE)).toEqual({
    problems: [],
    values: {
      store_writable: 1,
      keys_ahead: HORIZON,
      rotation_overdue: 0,
      bundle_signed_until: (CURRENT + HORIZON + 1) * 1000,
      bundle_proven_until: 0,
    },
  });
});

test.each([
  [
    'no key of this epoch',
    { epochs: from(CURRENT + 1, HORIZON) },
    ['keys of this epoch'],
    { keys_ahead: 0, rotation_overdue: 1 },
  ],
  [
    'a gap in the keys ahead',
    { epochs: [CURRENT, CURRENT + 1, CURRENT + 3] },
    [],
    { keys_ahead: 1, rotation_overdue: 1 },
  ],
  ['no signature', { signed: [] }, ['bundle of this epoch'], { bundle_signed_until: 0 }],
  [
    'no signature on the next epoch: an alarm, and no reason to stop serving',
    { signed: [CURRENT] },
    [],
    { bundle_signed_until: (CURRENT + 1) * 1000 },
  ],
  [
    'signatures of later epochs only',
    { signed: [CURRENT + 1, CURRENT + 2] },
    ['bundle of this epoch'],
    { bundle_signed_until: 0 },
  ],
  [
    'proofs to the next epoch',
    { proven: from(CURRENT, 2) },
    [],
    { bundle_proven_until: (CURRENT + 2) * 1000 },
  ],
  [
    'a gap in the proofs',
    { proven: [CURRENT, CURRENT + 2] },
    [],
    { bundle_proven_until: (CURRENT + 1) * 1000 },
  ],
  ['proofs of later epochs only', { proven: [CURRENT + 1] }, [], { bundle_proven_until: 0 }],
  ['no bundles at all, as in the issuer', { signed: null }, [], {}],
])('N63 health: %s', async (_name, changed, problems, values) => {
  const found = await health({ ...WHOLE, ...changed });
  expect(found.problems).toHaveLength(problems.length);
  expect(found.problems.join('\n')).toContain(problems[0] ?? '');
  expect(found.values).toMatchObject(values);
  for (const name of ['bundle_signed_until', 'bundle_proven_until'])
    expect(name in found.values).toBe({ ...WHOLE, ...changed }.signed !== null);
});

test('N63 health: a store that accepts no write, or cannot be read, is not ready', async () => {
  const full = { ...memoryCounters(), add: away };
  const unwritable = await health(WHOLE, full);
  expect(unwritable.problems).toEqual([expect.stringContaining('takes no write')]);
  expect(unwritable.values).toMatchObject({ store_writable: 0, keys_ahead: HORIZON });
  expect(await health(null)).toEqual({
    problems: [expect.stringContaining('cannot be read')],
    values: { store_writable: 1 },
  });
});

test('N63 health routes: /livez responds in any state, /readyz gives 503 with the reasons', async () => {
  let problems: string[] = [];
  const routes = healthRoutes(async () => ({ problems, gauges: [] }));
  expect(await (await routes.request('/readyz')).json()).toEqual({ ready: true, problems: [] });
  problems = ['the store cannot be read'];
  const response = await routes.request('/readyz');
  expect([response.status, await response.json()]).toEqual([503, { ready: false, problems }]);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect((await routes.request('/livez')).status).toBe(200);
});

test('N63 gauges: have HELP and TYPE, and no label', () => {
  expect(gaugesText('sotto_gateway', [{ name: 'keys_ahead', help: 'Keys.', value: 7 }])).toBe(
    '# HELP sotto_gateway_keys_ahead Keys.\n# TYPE sotto_gateway_keys_ahead gauge\nsotto_gateway_keys_ahead 7\n',
  );
});
