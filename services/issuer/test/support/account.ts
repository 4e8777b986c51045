import { importJWK, SignJWT } from 'jose';
import { ATTESTER, ATTESTER_KEY, AUDIENCE } from './variables.ts';

interface Claims {
  readonly now?: number; // UnixSeconds
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: number; // UnixSeconds
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A bearer token of the test attester. */
export async function accountToken(account: string, claims: Claims = {}): Promise<string> {
  const now = claims.now ?? Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims.more })
    .setProtectedHeader({ alg: ATTESTER_KEY.alg, kid: ATTESTER_KEY.kid })
    .setIssuer(claims.issuer ?? ATTESTER)
    .setAudience(claims.audience ?? AUDIENCE)
    .setSubject(account)
    .setIssuedAt(now)
    .setExpirationTime(claims.expires ?? now + 3600)
    .sign(await importJWK(ATTESTER_KEY, ATTESTER_KEY.alg));
}
