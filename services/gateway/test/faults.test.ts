import { describe, expect, test } from 'vitest';
import { KEM, loadGatewayKey } from '@sotto/ohttp';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { gateway, type GatewayDeps } from '../src/app.ts';
import { aesKeyWrap } from '@sotto/service/keys';
import { SUITES } from '../src/keys/authority.ts';
import { inner, padded, seal } from './support/client.ts';
import { testGateway, random, RELAY_TOKEN, RESPONSE_LENGTH } from './support/gateway.ts';

const CANARY = 'canary-7f3a';
const broken = (): never => {
  throw new Error(CANARY);
};
const rejecting = () => Promise.reject(new Error(CANARY));

/** Every dependency, broken in turn, and where the fault may be reported. */
const FAULTS: readonly [string, (deps: GatewayDeps) => Partial<GatewayDeps>, 'inside' | 'outside'][] = [
  ['redeemer throws', () => ({ redeemer: { redeem: broken } }), 'inside'],
  ['redeemer rejects', () => ({ redeemer: { redeem: rejecting } }), 'inside'],
  ['service throws', ({ routes }) => ({ routes: brokenRoutes(routes, broken) }), 'inside'],
  ['service rejects', ({ routes }) => ({ routes: brokenRoutes(routes, rejecting) }), 'inside'],
  ['random throws', () => ({ random: broken }), 'outside'],
  ['random gives too little', () => ({ random: () => new Uint8Array(1) }), 'outside'],
  ['no KEM', ({ hpke }) => ({ hpke: { ...hpke, aeads: [] } }), 'outside'],
  [
    'store rejects',
    ({ authority }) => ({ authority: { ...authority, store: { ...authority.store, epochs: rejecting } } }),
    'outside',
  ],
  [
    'wrap rejects',
    ({ authority }) => ({
      authority: { ...authority, wrap: { wrap: rejecting, unwrap: rejecting, rewrap: rejecting } },
    }),
    'outside',
  ],
];

function brokenRoutes(
  routes: GatewayDeps['routes'],
  call: () => never | Promise<never>,
): GatewayDeps['routes'] {
  return new Map([...routes].map(([name, route]) => [name, { ...route, service: { call } }]));
}

describe('X05 a dependency that fails', () => {
  test.each(FAULTS)('%s: a constant, without any part of the error', async (_name, spoil, where) => {
    const h = await testGateway();
    const sealed = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    const app = gateway({ ...h.deps, ...spoil(h.deps) });
    const response = await app.request('/.well-known/ohttp-gateway', {
      method: 'POST',
      headers: { authorization: `Bearer ${RELAY_TOKEN}`, 'content-type': 'message/ohttp-req' },
      body: sealed.body,
    });
    const body = new Uint8Array(await response.arrayBuffer());
    const text =
      where === 'inside'
        ? Buffer.from((await sealed.open(body)).content).toString()
        : Buffer.from(body).toString();
    expect(response.status === 200).toBe(where === 'inside');
    expect(where === 'inside' ? body.length : RESPONSE_LENGTH + 32).toBe(RESPONSE_LENGTH + 32);
    expect(JSON.parse(text)).toMatchObject({ code: expect.stringMatching(/^[a-z-]+$/) });
    expect(text).not.toContain(CANARY);
  });
});

test('K05 no key that the gateway holds can be exported', async () => {
  const { subtle } = crypto;
  const held: CryptoKey[] = [];
  const recording = new Proxy(subtle, {
    get: (target, name) =>
      name === 'importKey'
        ? async (...args: Parameters<typeof subtle.importKey>) => {
            const key = await target.importKey(...args);
            held.push(key);
            return key;
          }
        : (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
  });
  const wrap = aesKeyWrap(recording, { current: random(32), previous: null }, random);
  await wrap.unwrap(await wrap.wrap(random(32), random(4)), random(4)).catch(() => null);
  const hpke = webcryptoHpke(recording);
  for (const kemId of [KEM.X_WING, KEM.X25519]) {
    await loadGatewayKey(hpke, { keyId: 1, kemId, privateKey: random(32), suites: SUITES });
  }
  const secret = held.filter(({ type }) => type !== 'public');
  expect(secret.length).toBeGreaterThanOrEqual(4);
  for (const key of secret) {
    await expect(subtle.exportKey('jwk', key)).rejects.toMatchObject({ name: 'InvalidAccessError' });
  }
});
