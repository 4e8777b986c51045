import { base64url, utf8 } from '@sotto/wire';
import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import { accountToken } from './support/account.ts';
import { attestation, attester, clock, NOW } from './support/attester.ts';
import { ATTESTER, ATTESTER_KEY, AUDIENCE } from './support/variables.ts';

test('attester: refuses an account token of another issuer, audience, key or time', async () => {
  clock.now = NOW;
  const port = attester();
  const attest = async (claims: Parameters<typeof accountToken>[1]): Promise<string> =>
    attestation(port.attest(await accountToken('ada', { now: NOW, ...claims }), 0));
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
  expect(await attestation(port.attest(other, 0))).toBe('unauthorized');
});

test('attester: refuses HMAC, `none`, algorithms not in the list, and tokens without an expiry', async () => {
  const port = attester();
  const claims = { sub: 'ada', iss: ATTESTER, aud: AUDIENCE };
  expect(await attestation(port.attest(new UnsecuredJWT({ ...claims, exp: NOW + 60 }).encode(), 0))).toBe(
    'unauthorized',
  );
  const hmac = await new SignJWT({ ...claims, exp: NOW + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: 'test' })
    .sign(new Uint8Array(32).fill(1));
  expect(await attestation(port.attest(hmac, 0))).toBe('unauthorized');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k' };
  const eternal = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(privateKey);
  expect(await attestation(attester({ jwks: { keys: [jwk] } }).attest(eternal, 0))).toBe('unauthorized');
  const timed = await new SignJWT({ ...claims, exp: NOW + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(privateKey);
  expect(await attestation(attester({ jwks: { keys: [jwk] } }).attest(timed, 0))).toBe('attested');
  const ed25519 = await exportJWK((await generateKeyPair('Ed25519', { extractable: true })).publicKey);
  const edOnly = attester({ jwks: { keys: [jwk, { ...ed25519, kid: 'e' }] }, algorithms: ['EdDSA'] });
  expect(await attestation(edOnly.attest(timed, 0))).toBe('unauthorized');
});

/** An account token with its header and claims as raw JSON text, signed by the attester of the tests. */
async function rawToken(claims: string, header = '{"alg":"ES256","kid":"test"}'): Promise<string> {
  const key = await importJWK(ATTESTER_KEY, 'ES256');
  const input = `${base64url(utf8(header))}.${base64url(utf8(claims))}`;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, key, utf8(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}
const rawClaims = (more: string): string =>
  `{"iss":"${ATTESTER}","aud":"${AUDIENCE}","sub":"ada","iat":${NOW},${more}}`;

test('N69 attester: refuses infinite dates, such as 1e999 in JSON', async () => {
  clock.now = NOW;
  const port = attester();
  expect(await attestation(port.attest(await rawToken(rawClaims(`"exp":${NOW + 60}`)), 0))).toBe('attested');
  for (const dates of [
    '"exp":1e999',
    '"exp":1e300',
    '"exp":"9999999999"',
    '"exp":null',
    `"exp":${NOW + 60},"nbf":-1e999`,
    `"exp":${NOW + 60},"nbf":"0"`,
    `"exp":${NOW + 60},"iat":1e999`,
    `"exp":${NOW + 60},"iat":"now"`,
  ]) {
    expect([dates, await attestation(port.attest(await rawToken(rawClaims(dates)), 0))]).toEqual([
      dates,
      'unauthorized',
    ]);
  }
});

test('N69 attester: with a configured type, refuses tokens of another `typ`, or without one', async () => {
  clock.now = NOW;
  const port = attester({ type: 'at+jwt' });
  const tokenOf = (typ: string): Promise<string> =>
    rawToken(rawClaims(`"exp":${NOW + 60}`), `{"alg":"ES256","kid":"test"${typ}}`);
  expect(await attestation(port.attest(await tokenOf(',"typ":"at+jwt"'), 0))).toBe('attested');
  expect(await attestation(port.attest(await tokenOf(',"typ":"application/at+jwt"'), 0))).toBe('attested');
  for (const typ of ['', ',"typ":"JWT"', ',"typ":"dpop+jwt"', ',"typ":1']) {
    expect([typ, await attestation(port.attest(await tokenOf(typ), 0))]).toEqual([typ, 'unauthorized']);
  }
  expect(await attestation(attester().attest(await tokenOf(',"typ":"JWT"'), 0))).toBe('attested');
});

test('attester: refuses a valid token of more than 8192 characters before verifying it', async () => {
  clock.now = NOW;
  const port = attester();
  const padded = async (length: number): Promise<string> =>
    rawToken(rawClaims(`"exp":${NOW + 60},"x":"${'x'.repeat(length)}"`));
  const [short, long] = [await padded(5900), await padded(6100)];
  expect([short.length <= 8192, long.length > 8192]).toEqual([true, true]);
  expect(await attestation(port.attest(short, 0))).toBe('attested');
  expect(await attestation(port.attest(long, 0))).toBe('unauthorized');
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
    expect(await attestation(port.attest(await tokenWith({ uid }), 7))).toBe('unauthorized');
  }
  expect(await attestation(port.attest('x'.repeat(9000), 7))).toBe('unauthorized');
});
