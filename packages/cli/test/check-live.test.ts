import { describe, expect, test } from 'vitest';
import { check } from '../src/commands/check.ts';
import {
  NOW,
  DAY,
  GATEWAY,
  ISSUER,
  ENVELOPES,
  io,
  date,
  problem,
  gauges,
  ports,
  lines,
  useCheckedFolders,
} from './support/checked.ts';

useCheckedFolders();

describe('check: faults of running services', () => {
  const live = (name: string, route: string, answer: () => Response): [string, () => void] => [
    name,
    () => (io.routes[route] = answer),
  ];
  test.each([
    [
      ...live('N80 a proxy that adds a field', ENVELOPES, problem(400, 'about:blank')),
      'the proxy adds a field',
    ],
    [...live('another credential', ENVELOPES, problem(401, 'about:blank')), 'the credential is refused'],
    [
      ...live(
        'another program under the name',
        `${ISSUER}/health`,
        () => new Response('hello', { status: 404 }),
      ),
      'another program answers',
    ],
    [
      ...live(
        'a clock that is off',
        `${GATEWAY}/health`,
        () => new Response(null, { headers: date(NOW + 400) }),
      ),
      'differs from this machine',
    ],
    [
      ...live(
        'another program on a port',
        'http://127.0.0.1:8804/health',
        () => new Response('', { status: 403 }),
      ),
      'another program listens here',
    ],
    [
      ...live('a store that is full', 'http://127.0.0.1:8806/readyz', () =>
        Response.json({ problems: ['the store takes no write'] }, { status: 503 }),
      ),
      'the store takes no write',
    ],
    [
      ...live('another operator token', 'http://127.0.0.1:8807/readyz', problem(404, 'about:blank')),
      'refuses operator.token',
    ],
    [
      ...live(
        'a bundle horizon that is near',
        'http://127.0.0.1:8806/metrics',
        gauges(`sotto_gateway_rotation_overdue 0\nsotto_gateway_bundle_signed_until ${NOW + DAY}\n`),
      ),
      'run sotto bundle sign',
    ],
    [
      ...live(
        'proofs of a log that end in this epoch',
        'http://127.0.0.1:8806/metrics',
        gauges(
          `sotto_gateway_bundle_signed_until ${NOW + 7 * DAY}\nsotto_gateway_bundle_proven_until ${NOW + 3600}\n`,
        ),
      ),
      'run sotto bundle sign --log',
    ],
    [
      ...live(
        'no signature',
        'http://127.0.0.1:8806/metrics',
        gauges('sotto_gateway_bundle_signed_until 0\n'),
      ),
      'no bundle is signed',
    ],
    [
      ...live(
        'an overdue rotation',
        'http://127.0.0.1:8807/metrics',
        gauges('sotto_issuer_rotation_overdue 1\n'),
      ),
      'run sotto keys rotate',
    ],
  ])('%s', async (_name, breakIt, message) => {
    breakIt();
    expect(await check(['--config', 'b'], io, ports)).toBe(1);
    expect(lines('FAIL').join('\n')).toContain(message);
  });

  test.each([
    [async () => NOW + 5 * DAY, 'expires in 5 days'],
    [
      () => Promise.reject(Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' })),
      'is refused (CERT_HAS_EXPIRED)',
    ],
    [() => Promise.reject(Object.assign(new Error(), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })), 'ALTNAME'],
  ])('a certificate: %#', async (certificateEnd, message) => {
    expect(await check(['--config', 'b'], io, { ...ports, certificateEnd })).toBe(1);
    expect(lines('FAIL').join('\n')).toContain(message);
  });

  test('relay: a bundle that the gateway has not signed', async () => {
    io.routes['https://relay.a.test/bundle'] = problem(503, 'about:blank');
    expect(await check(['--config', 'a'], io, ports)).toBe(1);
    expect(lines('FAIL').join()).toContain('HTTP 503: the gateway has signed none');
    io.routes['https://relay.a.test/bundle'] = () => new Response('garbage');
    expect(await check(['--config', 'a'], io, ports)).toBe(1);
    expect(lines('FAIL').join()).toContain('is refused by clients');
  });
});
