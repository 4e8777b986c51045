import { expect, test } from 'vitest';
import { NOW, RELAY, ROOT, type Faults } from './support/deployment.ts';
import { probed } from './support/probed.ts';

const answers = (headers: Record<string, string>): Faults => ({
  relay: async (_request, honest) => {
    const response = await honest();
    const changed = new Headers(response.headers);
    for (const [name, value] of Object.entries(headers)) changed.set(name, value);
    return new Response(response.body, { status: response.status, headers: changed });
  },
});

/** Faults of the same kinds as in probe-rows.test.ts, and all rows that must fail of them. */
const CAUGHT: readonly (readonly [string, Faults, readonly string[]])[] = [
  [
    "a relay that passes a client's address header on",
    { passesOn: (h) => ({ 'x-real-ip': h.get('x-real-ip') ?? '203.0.113.9' }) },
    ['9458/6.2/1', '9458/6.2/2'],
  ],
  [
    'a relay that copies a cookie under another name',
    { passesOn: (h) => ({ 'x-session': h.get('cookie') ?? '' }) },
    ['9458/6.2/1'],
  ],
  ['a relay that adds a header of its own', { passesOn: () => ({ 'x-relay-version': '7' }) }, ['9458/6.2/1']],
  [
    'a bundle of an older epoch between',
    { bundle: (n) => ({ sequence: NOW / 86_400 - (n === 5 ? 1 : 0) }) },
    ['sotto/bundle/1'],
  ],
  ['a gateway with one length, but not the one it says', { responseLength: () => 2048 }, ['length/1']],
  [
    'a gateway that fails on what it cannot open',
    {
      outer: (code, honest) => (code === 'open-failed' ? new Response('at open()', { status: 500 }) : honest),
    },
    ['9180/7.1.4/1', '9458/4.3/1', '9458/4.3/2', '9458/4.3/3'],
  ],
  ['a cookie on every response', answers({ 'set-cookie': 'id=1' }), ['http/3', 'http/4', 'sotto/bundle/4']],
  ['responses that vary', answers({ vary: 'origin' }), ['http/3', 'http/4', 'sotto/bundle/4']],
];

test.each(CAUGHT)('probe: reports %s', async (_what, faults, rows) => {
  const { status, failed } = await probed(faults);
  expect(status).toBe(1);
  expect(failed.toSorted()).toEqual([...rows].toSorted());
});

const RAY = { 'cf-ray': '8f2-FRA' };

test.each<[string, Record<string, string>, Record<string, string>, string]>([
  ['cf-ray on both', RAY, { 'cf-ray': '8f3-AMS' }, 'warn'],
  [
    'cf-ray of the relay, and the name that the gateway gives',
    RAY,
    { 'sotto-provider': 'Cloudflare' },
    'warn',
  ],
  ['the same field of another platform', { 'x-amz-cf-id': 'a' }, { 'x-amz-cf-id': 'b' }, 'warn'],
  ['a field on one side alone', RAY, {}, 'pass'],
  ['fields of two platforms', RAY, { 'x-azure-ref': 'a' }, 'pass'],
  ['another name', RAY, { 'sotto-provider': 'hetzner' }, 'pass'],
])('probe: %s', async (_what, onRelay, onGateway, result) => {
  const { relay } = answers(onRelay);
  const { relay: gateway } = answers(onGateway);
  const { status, said } = await probed({ ...(relay && { relay }), ...(gateway && { gateway }) });
  expect(said.find(({ id }) => id === 'sotto/provider/1')?.result).toBe(result);
  expect(status).toBe(0); // a warning is not a failure
});

test('probe: providers cannot be compared without the gateway', async () => {
  const { unsaid } = await probed({}, ['--relay', RELAY, '--root', ROOT]);
  expect(unsaid).toContain('sotto/provider/1');
});

test('probe: reports a relay that forwards any type, path and length', async () => {
  const open: Faults = {
    relay: async (_request, honest) => {
      const answer = await honest();
      return answer.status === 404 || answer.status === 415 || answer.status === 400
        ? new Response('ok')
        : answer;
    },
  };
  const { failed } = await probed(open);
  for (const id of ['9458/5/2', '9458/5.2/2', '9458/6.3/1']) expect(failed).toContain(id);
});
