import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { expect, test } from 'vitest';
import { jwtAttester } from '../src/attest/jwt.ts';
import type { Attester } from '../src/ports.ts';
import { accountToken } from './support/account.ts';
import { testConfig } from './support/config.ts';
import { ATTESTER, AUDIENCE, ISSUER_VARIABLES } from './support/variables.ts';

const NOW = 1_800_000_000;
const clock = { now: NOW };
const system = { now: () => clock.now, date: (seconds: number) => new Date(seconds * 1000) };

function attester(more: Readonly<Record<string, unknown>> = {}, serve: typeof fetch = fetch): Attester {
  const [known] = JSON.parse(ISSUER_VARIABLES['ATTESTERS'] ?? '') as object[];
  const ATTESTERS = JSON.stringify([{ ...known, ...more }]);
  return jwtAttester({ config: testConfig({ ATTESTERS }), system, fetch: serve });
}

const told = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'attested',
    (error: { code?: string; name?: string }) => error.code ?? error.name ?? '',
  );

test('attester: refuses an account token of another issuer, audience, key or time', async () => {
  clock.now = NOW;
  const port = attester();
  const attest = async (claims: Parameters<typeof accountToken>[1]): Promise<string> =>
    told(port.attest(await accountToken('ada', { now: NOW, ...claims }), 0));
  expect(await attest({})).toBe('attested');
  expect(await attest({ issuer: 'https://other.example' })).toBe('unauthorized');
  expect(await attest({ audience: 'other' })).toBe('unauthorized');
  expect(await attest({ expires: NOW - 61 })).toBe('unauthorized');
  expect(await attest({ expires: NOW - 59 })).toBe('attested'); // within the tolerance
  expect(await attest({ more: { nbf: NOW + 61 } })).toBe('unauthorized');
  expect(await attest({ more: { nbf: NOW + 59 } })).toBe('attested');

  const { privateKey } = await generateKeyPair('ES256');
  const forged = new SignJWT({ sub: 'ada', iss: ATTESTER, aud: AUDIENCE, exp: NOW + 60 });
  const other = await forged.setProtectedHeader({ alg: 'ES256', kid: 'test' }).sign(privateKey);
  expect(await told(port.attest(other, 0))).toBe('unauthorized');
});

test('attester: refuses HMAC, `none`, algorithms not in the list, and tokens without an expiry', async () => {
  const port = attester();
  const claims = { sub: 'ada', iss: ATTESTER, aud: AUDIENCE };
  expect(await told(port.attest(new UnsecuredJWT({ ...claims, exp: NOW + 60 }).encode(), 0))).toBe(
    'unauthorized',
  );
  const hmac = await new SignJWT({ ...claims, exp: NOW + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: 'test' })
    .sign(new Uint8Array(32).fill(1));
  expect(await told(port.attest(hmac, 0))).toBe('unauthorized');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k' };
  const eternal = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey);
  expect(await told(attester({ jwks: { keys: [jwk] } }).attest(eternal, 0))).toBe('unauthorized');
  const timed = await new SignJWT({ ...claims, exp: NOW + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(privateKey);
  expect(await told(attester({ jwks: { keys: [jwk] } }).attest(timed, 0))).toBe('attested');
  expect(await told(attester({ jwks: { keys: [jwk] }, algorithms: ['EdDSA'] }).attest(timed, 0))).toBe(
    'unauthorized',
  );
});

const tokenWith = async (more: Readonly<Record<string, unknown>>): Promise<string> =>
  accountToken('sub', { now: NOW, more });

test('attester: reads account and tier from the configured claims, and returns a keyed hash of the account', async () => {
  const port = attester({ accountClaim: 'uid', tierClaim: 'plan' });
  const a = await port.attest(await tokenWith({ uid: 'ada', plan: 'gold' }), 7);
  expect(a.tier).toBe('gold');
  expect(a.hash).toHaveLength(32);
  expect(a.hash).toEqual(port.accountHash('ada', null, 7));
  expect(a.hash).not.toEqual(port.accountHash('ada', null, 8));
  expect(a.hash).not.toEqual(attester({ issuer: 'https://b.example' }).accountHash('ada', null, 7));
  expect(port.accountHash('ada', 'https://unknown.example', 7)).toBeNull();
  for (const uid of [undefined, '', 7, ['ada'], 'x'.repeat(257)]) {
    expect(await told(port.attest(await tokenWith({ uid }), 7))).toBe('unauthorized');
  }
  expect(await told(port.attest('x'.repeat(9000), 7))).toBe('unauthorized');
});

interface Served {
  keys: JWK[];
  status?: number;
  body?: BodyInit;
  readonly calls: RequestInit[];
}

async function remote(): Promise<{ served: Served; port: Attester; sign: (key: number) => Promise<string> }> {
  const pairs = await Promise.all([1, 2].map(() => generateKeyPair('ES256', { extractable: true })));
  const jwks = await Promise.all(
    pairs.map(async ({ publicKey }, i) => ({ ...(await exportJWK(publicKey)), kid: `k${i}` })),
  );
  const served: Served = { keys: jwks, calls: [] };
  const serve = (async (_url: string, init: RequestInit) => {
    served.calls.push(init);
    const { status = 200, body = JSON.stringify({ keys: served.keys }) } = served;
    return new Response(body, { status });
  }) as typeof fetch;
  const port = attester({ jwks: undefined, jwksUrl: 'https://accounts.example/jwks' }, serve);
  const sign = async (key: number): Promise<string> =>
    new SignJWT({ sub: 'ada', iss: ATTESTER, aud: AUDIENCE, exp: NOW + 10 * 86_400 })
      .setProtectedHeader({ alg: 'ES256', kid: `k${key}` })
      .sign(pairs[key]?.privateKey ?? new Uint8Array(0));
  return { served, port, sign };
}

test('JWKS by URL: is cached for ten minutes, follows no redirect, and is fetched again for an unknown key', async () => {
  clock.now = NOW;
  const { served, port, sign } = await remote();
  const [first, second] = served.keys as [JWK, JWK];
  served.keys = [first];
  for (let i = 0; i < 5; i++) expect(await told(port.attest(await sign(0), 0))).toBe('attested');
  expect(served.calls).toHaveLength(1);
  expect(served.calls[0]?.redirect).toBe('manual');
  // Rotated: unknown within the cooldown, found after it; and a flood of unknown keys fetches once.
  served.keys = [first, second];
  expect(await told(port.attest(await sign(1), 0))).toBe('unauthorized');
  clock.now += 30;
  expect(await told(port.attest(await sign(1), 0))).toBe('attested');
  expect(served.calls).toHaveLength(2);
  served.keys = [first];
  clock.now += 600;
  expect(await told(port.attest(await sign(1), 0))).toBe('unauthorized');
  expect(await told(port.attest(await sign(1), 0))).toBe('unauthorized');
  expect(served.calls).toHaveLength(3);
});

test('JWKS by URL: when it fails, responds 503 instead of 401, and cached keys serve for a day', async () => {
  clock.now = NOW;
  const { served, port, sign } = await remote();
  const token = await sign(0);
  const bad: Partial<Served>[] = [
    { status: 500 },
    { status: 302 },
    { body: 'not json' },
    { body: '{}' },
    { body: JSON.stringify({ keys: Array.from({ length: 65 }, () => ({})) }) },
    { body: `{"keys":[],"x":"${'x'.repeat(65 * 1024)}"}` },
  ];
  for (const fault of bad) {
    Object.assign(served, { status: 200, body: undefined }, fault);
    expect(await told(port.attest(token, 0))).toBe('unavailable');
    clock.now += 1;
  }
  Object.assign(served, { status: 200, body: undefined });
  expect(await told(port.attest(token, 0))).toBe('attested');
  served.status = 500;
  clock.now += 3600;
  expect(await told(port.attest(token, 0))).toBe('attested');
  clock.now += 86_400;
  expect(await told(port.attest(token, 0))).toBe('unavailable');
});

test('JWKS by URL: when it fails, a flood of tokens causes only a few fetches', async () => {
  clock.now = NOW;
  const { served, port, sign } = await remote();
  served.status = 500;
  const token = await sign(0);
  const flood = async (): Promise<Set<string>> =>
    new Set(await Promise.all(Array.from({ length: 100 }, () => told(port.attest(token, 0)))));
  expect(await flood()).toEqual(new Set(['unavailable']));
  expect(await flood()).toEqual(new Set(['unavailable']));
  expect(served.calls).toHaveLength(32);
  clock.now += 2;
  expect(await told(port.attest(token, 0))).toBe('unavailable');
  expect(served.calls).toHaveLength(32);
  clock.now += 1;
  served.status = 200;
  expect(await flood()).toContain('attested');
  expect(await told(port.attest(token, 0))).toBe('attested');
});
