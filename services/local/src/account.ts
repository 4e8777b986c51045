import { importJWK, SignJWT, type JWK } from 'jose';

export const ATTESTER = 'https://accounts.local';
export const AUDIENCE = 'sotto-issuer';

/** The issuer's configuration for the development attester: its public key and its claims. */
export function attesterConfig({ d: _secret, ...publicKey }: JWK): Record<string, unknown> {
  return { issuer: ATTESTER, audience: AUDIENCE, jwks: { keys: [publicKey] }, accountClaim: 'sub' };
}

/** A bearer token for any account name, valid for one hour. The development attester checks nothing. */
export async function accountToken(attester: JWK, account: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: 'local' })
    .setIssuer(ATTESTER)
    .setAudience(AUDIENCE)
    .setSubject(account)
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .sign(await importJWK(attester, 'ES256'));
}
