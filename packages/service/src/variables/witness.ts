import { variable } from './variable.ts';

const WITNESS = { services: ['witness'], platforms: ['workers', 'node'] } as const;

/** Variables of the witness alone. */
export const WITNESS_VARIABLES = {
  WITNESS_NAME: variable(
    'text',
    WITNESS,
    'Name in the cosignatures: a host name, perhaps with a path. It never changes.',
    { example: 'witness.example' },
  ),
  WITNESS_KEY: variable(
    'key',
    WITNESS,
    'Ed25519 secret key that cosigns: 32 random bytes in base64url, for this name alone.',
    { secret: true },
  ),
  LOGS: variable(
    'json',
    WITNESS,
    'List of the logs: their verifier key and, where this witness is a mirror, base (the epoch of the first entry) and roots.',
    {
      example:
        '[{"key": "KEY OF THE LOG", "base": 20788, "roots": ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]}]',
    },
  ),
};
