import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { expect, test } from 'vitest';
import { attestation, attester, clock, NOW, type TestAttester } from './support/attester.ts';
import { ATTESTER, ATTESTER_KEY, AUDIENCE } from './support/variables.ts';

const URL_AS_WRITTEN = 'https://accounts.example/jwks/?v=1';

interface Served {
  keys: JWK[];
  fault?: Error;
  status?: number;
  body?: BodyInit;
  readonly calls: RequestInit[];
}

async function remote(): Promise<{
  served: Served;
  port: TestAttester;
  sign: (key: number) => Promise<string>;
}> {
  const pairs = await Promise.all([1, 2].map(() => generateKeyPair('ES256', { extractable: true })));
  const jwks = await Promise.all(
    pairs.map(async ({ publicKey }, i) => ({ ...(await exportJWK(publicKey)), kid: `k${i}` })),
  );
  const served: Served = { keys: jwks, calls: [] };
  const serve = (async (url: string, init: RequestInit) => {
    served.calls.push(init);
    if (served.fault !== undefined) throw served.fault;
    if (url !== URL_AS_WRITTEN) return new Response(null, { status: 404 });
    const { status = 200, body = JSON.stringify({ keys: served.keys }) } = served;
    return new Response(body, { status });
  }) as typeof fetch;
  const port = attester({ jwks: undefined, jwksUrl: URL_AS_WRITTEN }, serve);
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
  for (let i = 0; i < 5; i++) expect(await attestation(port.attest(await sign(0), 0))).toBe('attested');
  expect(served.calls).toHaveLength(1);
  expect(served.calls[0]?.redirect).toBe('manual');
  // Rotated: unknown within the cooldown, found after it; and a flood of unknown keys fetches once.
  served.keys = [first, second];
  expect(await attestation(port.attest(await sign(1), 0))).toBe('unauthorized');
  clock.now += 30;
  expect(await attestation(port.attest(await sign(1), 0))).toBe('attested');
  expect(served.calls).toHaveLength(2);
  served.keys = [first];
  clock.now += 600;
  expect(await attestation(port.attest(await sign(1), 0))).toBe('unauthorized');
  expect(await attestation(port.attest(await sign(1), 0))).toBe('unauthorized');
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
    expect(await attestation(port.attest(token, 0))).toBe('unavailable');
    clock.now += 1;
  }
  Object.assign(served, { status: 200, body: undefined });
  expect(await attestation(port.attest(token, 0))).toBe('attested');
  served.status = 500;
  clock.now += 3600;
  expect(await attestation(port.attest(token, 0))).toBe('attested');
  clock.now += 86_400;
  expect(await attestation(port.attest(token, 0))).toBe('unavailable');
});

test('JWKS by URL: when it fails, a flood of tokens causes only a few fetches', async () => {
  clock.now = NOW;
  const { served, port, sign } = await remote();
  served.status = 500;
  const token = await sign(0);
  const flood = async (): Promise<Set<string>> =>
    new Set(await Promise.all(Array.from({ length: 100 }, () => attestation(port.attest(token, 0)))));
  expect(await flood()).toEqual(new Set(['unavailable']));
  expect(await flood()).toEqual(new Set(['unavailable']));
  expect(served.calls).toHaveLength(32);
  clock.now += 2;
  expect(await attestation(port.attest(token, 0))).toBe('unavailable');
  expect(served.calls).toHaveLength(32);
  clock.now += 1;
  served.status = 200;
  expect(await flood()).toContain('attested');
  expect(await attestation(port.attest(token, 0))).toBe('attested');
});

test('N25 JWKS by URL: keys fetched under a clock that was ahead are fetched again when the clock is right', async () => {
  for (const ahead of [86_400, 1, 366 * 86_400]) {
    clock.now = NOW + ahead;
    const { served, port, sign } = await remote();
    const [first, second] = served.keys as [JWK, JWK];
    served.keys = [first];
    await port.attest(await sign(0), 0).catch(() => {});
    expect(served.calls).toHaveLength(1);
    // The clock is corrected, and meanwhile the attester has replaced its key.
    clock.now = NOW;
    served.keys = [second];
    expect([ahead, await attestation(port.attest(await sign(0), 0))]).toEqual([ahead, 'unauthorized']);
    expect([ahead, await attestation(port.attest(await sign(1), 0))]).toEqual([ahead, 'attested']);
    expect(served.calls).toHaveLength(2);
  }
});

test('N25 JWKS by URL: after a step back, cached keys serve while the address fails, and not for longer than a day', async () => {
  clock.now = NOW + 7 * 86_400;
  const { served, port, sign } = await remote();
  const token = await sign(0);
  expect(await attestation(port.attest(token, 0))).toBe('attested');
  served.status = 500;
  clock.now = NOW;
  expect(await attestation(port.attest(token, 0))).toBe('attested');
  clock.now = NOW + 86_400;
  expect(await attestation(port.attest(token, 0))).toBe('unavailable');
});

test.each<[string, Partial<Served>, RegExp]>([
  ['another path', { status: 404 }, /responds with 404 instead of 200. Check the path, its final slash/],
  ['a redirect', { status: 301 }, /redirects \(301\). Set the final address/],
  ['an error of the server', { status: 503 }, /responds with 503/],
  ['text that is not JSON', { body: '<html>' }, /does not respond with a JSON Web Key Set/],
  ['JSON that is not a key set', { body: '{"keys":{}}' }, /does not respond with a JSON Web Key Set/],
  ['no keys', { body: '{"keys":[]}' }, /has no keys/],
  ['keys of other algorithms', { body: '{"keys":[{"kty":"oct"}]}' }, /has no public key for ES256/],
  ['too many bytes', { body: `"${'x'.repeat(65_536)}"` }, /within 3000 ms and 65536 bytes/],
  ['a host that does not exist', { fault: new TypeError('canary') }, /cannot be fetched. Check its name/],
  [
    'two keys without kid',
    { body: JSON.stringify({ keys: [publicJwk(), publicJwk()] }) },
    /has two keys of one type without a `kid`/,
  ],
])(
  'N32 N69 attester check: with a jwksUrl of %s, names the variable, the cause and the remedy',
  async (_what, fault, line) => {
    clock.now = NOW;
    const { served, port } = await remote();
    expect(await port.check()).toEqual([]);
    Object.assign(served, fault);
    const problems = await port.check();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^ATTESTERS\[0\]\.jwksUrl: the address /);
    expect(problems[0]).toMatch(line);
    expect(problems[0]).not.toContain('canary');
  },
);

function publicJwk(): JWK {
  const { d: _private, kid: _kid, ...jwk } = ATTESTER_KEY;
  return jwk;
}
