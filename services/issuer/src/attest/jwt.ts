import { decodeJwt, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Config } from '../config.ts';
import type { Attester, System } from '../ports.ts';
import { Refusal } from '../refusal.ts';
import { accountHash } from './account-key.ts';
import type { AttesterConfig } from './attester-config.ts';
import { attesterKeys } from './jwks.ts';

const MAX_TOKEN = 8192; // characters
const MAX_ACCOUNT = 256; // characters

interface AttesterDeps {
  readonly config: Pick<Config, 'attesters'>;
  readonly system: Pick<System, 'now' | 'date'>;
  readonly fetch: typeof fetch;
}

/** Attests accounts by signed JWTs (RFC 7519). The account leaves this module only as a keyed hash. */
export function jwtAttester({ config, system, fetch }: AttesterDeps): Attester {
  const attesters = new Map(
    config.attesters.map((attester) => [
      attester.issuer,
      { attester, keys: attesterKeys(attester, { fetch, now: system.now }) },
    ]),
  );
  return {
    async attest(bearer, { epoch, accountKey }) {
      if (bearer.length > MAX_TOKEN) throw new Refusal('unauthorized', 'credential');
      const known = attesters.get(unverifiedIssuer(bearer));
      if (known === undefined) throw new Refusal('unauthorized', 'credential');
      const { attester, keys } = known;
      const claims = await verify(bearer, attester, keys.get, system);
      const account = accountClaim(claims, attester);
      const tier = attester.tierClaim === null ? undefined : claims[attester.tierClaim];
      return {
        hash: accountHash(accountKey, attester.issuer, account, epoch),
        tier: typeof tier === 'string' ? tier : 'default',
      };
    },
    async check() {
      const problems = await Promise.all([...attesters.values()].map(({ keys }) => keys.check()));
      return problems.flatMap((problem, i) =>
        problem === null ? [] : [`ATTESTERS[${i}].jwksUrl: the address ${problem}`],
      );
    },
    accountHash(account, issuer, { epoch, accountKey }) {
      const name = issuer ?? config.attesters[0]?.issuer;
      if (name === undefined || !attesters.has(name)) return null;
      return accountHash(accountKey, name, account, epoch);
    },
  };
}

function unverifiedIssuer(bearer: string): string {
  try {
    return decodeJwt(bearer).iss ?? '';
  } catch (error) {
    throw new Refusal('unauthorized', 'credential', { cause: error });
  }
}

async function verify(
  bearer: string,
  { issuer, audience, algorithms, type, toleranceSeconds }: AttesterConfig,
  keys: JWTVerifyGetKey,
  { now, date }: AttesterDeps['system'],
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(bearer, keys, {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: toleranceSeconds,
      currentDate: date(now()),
      requiredClaims: ['exp'],
      ...(type !== null && { typ: type }),
    });
    checkDates(payload);
    return payload;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('unauthorized', 'credential', { cause: error });
  }
}

const MAX_DATE = 8.64e12; // seconds: the last moment that a Date holds

/** A NumericDate (RFC 7519 §2) that is infinite, as `1e999` in JSON is, never comes. */
function checkDates({ exp, nbf, iat }: JWTPayload): void {
  const dates = [exp, nbf, iat].filter((date) => date !== undefined);
  const areDates = dates.every((date) => typeof date === 'number' && Math.abs(date) <= MAX_DATE);
  if (!areDates) throw new Refusal('unauthorized', 'credential');
}

function accountClaim(claims: JWTPayload, { accountClaim: claim }: AttesterConfig): string {
  const account = claims[claim];
  const good = typeof account === 'string' && account !== '' && account.length <= MAX_ACCOUNT;
  if (!good) throw new Refusal('unauthorized', 'credential');
  return account;
}
