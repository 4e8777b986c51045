import { jwtAttester } from '../../src/attest/jwt.ts';
import type { Attester } from '../../src/ports.ts';
import { testConfig } from './config.ts';
import { ISSUER_VARIABLES } from './variables.ts';

export const NOW = 1_800_000_000;
export const clock = { now: NOW };
const system = { now: () => clock.now, date: (seconds: number) => new Date(seconds * 1000) };

/** The attester of the tests, with some settings changed. */
export function attester(
  more: Readonly<Record<string, unknown>> = {},
  serve: typeof fetch = fetch,
): Attester {
  const [known] = JSON.parse(ISSUER_VARIABLES['ATTESTERS'] ?? '') as object[];
  const ATTESTERS = JSON.stringify([{ ...known, ...more }]);
  return jwtAttester({ config: testConfig({ ATTESTERS }), system, fetch: serve });
}

/** `attested`, or the code of the refusal. */
export const attestation = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'attested',
    (error: { code?: string; name?: string }) => error.code ?? error.name ?? '',
  );
