import { jwtAttester } from '../../src/attest/jwt.ts';
import type { AttestedAccount } from '../../src/ports.ts';
import { testConfig } from './config.ts';
import { ISSUER_VARIABLES } from './variables.ts';

export const NOW = 1_800_000_000;
export const clock = { now: NOW };
const system = { now: () => clock.now, date: (seconds: number) => new Date(seconds * 1000) };

const accountKey = new Uint8Array(32).fill(7);

/** An attester under one account key. */
export interface TestAttester {
  readonly attest: (bearer: string, epoch: number) => Promise<AttestedAccount>;
  readonly accountHash: (account: string, issuer: string | null, epoch: number) => Uint8Array | null;
  readonly check: () => Promise<readonly string[]>;
}

/** The attester of the tests, with some settings changed. */
export function attester(
  more: Readonly<Record<string, unknown>> = {},
  serve: typeof fetch = fetch,
): TestAttester {
  const [known] = JSON.parse(ISSUER_VARIABLES['ATTESTERS'] ?? '') as object[];
  const ATTESTERS = JSON.stringify([{ ...known, ...more }]);
  const port = jwtAttester({ config: testConfig({ ATTESTERS }), system, fetch: serve });
  return {
    check: () => port.check(),
    attest: (bearer, epoch) => port.attest(bearer, { epoch, accountKey }),
    accountHash: (account, issuer, epoch) => port.accountHash(account, issuer, { epoch, accountKey }),
  };
}

/** `attested`, or the code of the refusal. */
export const attestation = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'attested',
    (error: { code?: string; name?: string }) => error.code ?? error.name ?? '',
  );
