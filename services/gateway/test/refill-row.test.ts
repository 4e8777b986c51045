import { expect, test } from 'vitest';
import { configOf, ENV, SERVICE, services, start } from './support/config.ts';

test('the row of refills has target, token, lengths, time and places, and defaults for the rest', () => {
  const refill = { name: 'refill', target: { issuer: true }, token: { type: 5 } };
  const config = configOf({ ...ENV, SERVICES: JSON.stringify([refill, SERVICE]) });
  expect(config.services[0]).toMatchObject({
    lengths: { name: 'refill', requestLength: 2048, responseLength: 2048 },
    methods: ['POST'],
    paths: '/v1/pack',
    idempotent: true,
  });
  expect(config.services[1]?.lengths.name).toBe('default');
  expect(services(SERVICE, { ...refill, requestLength: 3072, timeoutMs: 1000, maxInFlight: 8 })).toBe(
    'starts',
  );
  for (const [row, path] of [
    [{ ...refill, target: { binding: 'STICKERS' } }, 'SERVICES[1].target'],
    [{ ...refill, token: 'none' }, 'SERVICES[1].token'],
    [{ ...refill, token: { type: 1 } }, 'SERVICES[1].token'],
    [{ ...refill, class: 'default' }, 'SERVICES[1].class'],
    [{ ...refill, chunked: true }, 'SERVICES[1].chunked'],
    [{ ...refill, idempotent: false }, 'SERVICES[1].idempotent'],
    [{ ...refill, paths: '/' }, 'SERVICES[1].paths'],
    [{ ...refill, requestLength: 100 }, 'SERVICES[1].requestLength'],
  ] as const) {
    expect(services(SERVICE, row)).toContain(path);
  }
  const classes = JSON.stringify({ refill: { requestLength: 1024, responseLength: 98_304 } });
  expect(start({ LENGTH_CLASSES: classes })).toContain('LENGTH_CLASSES.refill');
  expect(services({ ...SERVICE, target: { issuer: true } })).toContain('SERVICES[0].target');
});
