import { asVersion1, decodeLoggedBundle, verifySignedBundle } from '@sotto/bundle';
import { fromBase64url } from '@sotto/wire';
import { expect, test } from 'vitest';
import {
  testGateway,
  OPERATOR_TOKEN,
  outerCode,
  RESPONSE_LENGTH,
  uploadedSignatures,
  type TestGateway,
} from './support/gateway.ts';

const HEADERS = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' };

type Listed = { sequence: number; bundle: string; signed: boolean; proof?: string }[];
const listed = async ({ app }: TestGateway): Promise<Listed> =>
  (await app.request('/operator/bundles', { headers: HEADERS })).json() as Promise<Listed>;
const sign = ({ app }: TestGateway, body: unknown): Response | Promise<Response> =>
  app.request('/operator/bundles', { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });

test('a bundle is served with its proof once a log has it, and not earlier', async () => {
  const h = await testGateway({ provider: 'hetzner' });
  const logged = () => h.app.request('/bundle/2');
  const forRelays = async () => (await h.app.request('/bundle')).headers.get('sotto-logged');
  expect([(await logged()).status, await outerCode(await logged())]).toEqual([503, 'unavailable']);
  expect(await forRelays()).toBeNull();
  const provenUntil = async () =>
    /^sotto_gateway_bundle_proven_until (\d+)$/m.exec(
      await (await h.app.request('/metrics', { headers: HEADERS })).text(),
    )?.[1];
  expect(await provenUntil()).toBe('0');
  const [current] = await listed(h);
  if (current === undefined) throw new Error('no bundle');
  const { sequence } = current;
  const shown = async () => (await listed(h)).slice(0, 2).map(({ proof }) => proof);
  expect(await shown()).toEqual([undefined, undefined]);
  const signatures = uploadedSignatures(fromBase64url(current.bundle));
  for (const proof of ['', 7, 'a'.repeat(4097), '\ud800']) {
    expect((await sign(h, [{ sequence, ...signatures, proof }])).status).toBe(400);
  }
  // Both signatures are stored. A request with the proof need not repeat that on version 1.
  const { signature } = signatures;
  expect((await sign(h, [{ sequence, signature, proof: 'the proof' }])).status).toBe(204);
  // Operators compare it with their log: the gateway knows none.
  expect(await shown()).toEqual(['the proof', undefined]);
  const response = await logged();
  expect([
    response.status,
    response.headers.get('content-type'),
    response.headers.get('cache-control'),
  ]).toEqual([200, 'application/sotto-logged-bundle', 'public, max-age=600']);
  expect(await forRelays()).toBe('?1');
  expect(await provenUntil()).toBe(`${(sequence + 1) * 86_400}`);
  const { signed, proof } = decodeLoggedBundle(new Uint8Array(await response.arrayBuffer()));
  expect(proof).toBe('the proof');
  // The log has version 2. Version 1 follows from it, and clients without a policy get it.
  const options = { roots: [h.deps.config.root], now: h.now };
  const version2 = verifySignedBundle(signed, options);
  expect(version2.extension).toEqual({
    classes: [{ name: 'default', requestLength: 1024, responseLength: RESPONSE_LENGTH }],
    provider: 'hetzner',
    refill: null,
  });
  const version1 = new Uint8Array(await (await h.app.request('/bundle')).arrayBuffer());
  expect(verifySignedBundle(version1, options)).toEqual(asVersion1(version2));
  expect((await h.app.request('/bundle/2', { method: 'POST' })).status).toBe(405);
});
