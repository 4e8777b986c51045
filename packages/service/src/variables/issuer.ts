import { variable } from './variable.ts';

const ISSUER = { services: ['issuer'], platforms: ['workers', 'node'] } as const;
const ISSUER_ON_NODE = { services: ['issuer'], platforms: ['node'] } as const;

/** Variables of the issuer alone. */
export const ISSUER_VARIABLES = {
  ISSUER_NAME: variable('text', ISSUER, 'Name of the issuer in challenges (RFC 9577 §2.1.1): a host name.', {
    example: 'issuer.example',
  }),
  ISSUER_URL: variable('text', ISSUER, 'Public URL of the issuer. Default: https://ISSUER_NAME.', {
    optional: true,
    example: 'https://issuer.example',
  }),
  ATTESTERS: variable(
    'json',
    ISSUER,
    'List of the attesters whose account tokens are accepted: issuer, audience, keys.',
    {
      example:
        '[{"issuer": "https://accounts.example", "audience": "sotto-issuer", "jwksUrl": "https://accounts.example/jwks.json", "algorithms": ["ES256"], "accountClaim": "sub"}]',
    },
  ),
  ACCOUNT_KEY: variable(
    'key',
    ISSUER,
    'Key of the hash that replaces account names in the quota store: 32 random bytes in base64url.',
    { secret: true },
  ),
  ACCOUNT_KEY_PREVIOUS: variable(
    'key',
    ISSUER,
    'The previous ACCOUNT_KEY, after a change: quotas are counted under it until the next epoch.',
    { secret: true, optional: true },
  ),
  VOUCHERS: variable(
    'json',
    ISSUER,
    'How tokens are issued without an account: `period`, `perEpoch`, `issuances` of each tier. Default: an account is required.',
    { optional: true, example: '{"period": 7, "perEpoch": 3, "issuances": {"default": 3}}' },
  ),
  INTERNAL_PORT: variable('number', ISSUER_ON_NODE, 'Port of the listener for gateways.', {
    default: 8081,
    min: 0,
    max: 65_535,
  }),
  INTERNAL_HOST: variable(
    'text',
    ISSUER_ON_NODE,
    'Address of the listener for gateways. Beyond loopback, for gateways on other machines, TLS is required.',
    { default: '127.0.0.1' },
  ),
  INTERNAL_TOKEN: variable(
    'credential',
    ISSUER_ON_NODE,
    'Bearer token that the gateway must send to that listener.',
    { secret: true },
  ),
  QUOTA_STORE: variable(
    'text',
    ISSUER_ON_NODE,
    'URL of the PostgreSQL database of the quotas, on another cluster than STORE, so that no shared clock or log orders the entries of both.',
    { optional: true, example: 'postgres://quota@db2.example:5432/quota' },
  ),
  QUOTA_STORE_PASSWORD: variable('text', ISSUER_ON_NODE, 'Password of the PostgreSQL user in QUOTA_STORE.', {
    secret: true,
    optional: true,
  }),
  INTERNAL_TLS_CERT_FILE: variable('path', ISSUER_ON_NODE, 'Certificate chain of that listener in PEM.', {
    optional: true,
    example: '/etc/sotto/internal-cert.pem',
  }),
  INTERNAL_TLS_KEY_FILE: variable('path', ISSUER_ON_NODE, 'Private key of that certificate in PEM.', {
    optional: true,
    example: '/etc/sotto/internal-key.pem',
  }),
  PROMOTED: variable(
    'flag',
    ISSUER_ON_NODE,
    'Set to 1 for the first start after the synchronous standby of STORE was promoted: keys are kept.',
  ),
  RESTORED: variable(
    'flag',
    ISSUER_ON_NODE,
    'Set to 1 for the first start after STORE was restored from a backup: every key is retired.',
  ),
};
