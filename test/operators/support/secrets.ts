/** A drill that changes a secret: the section of rotate-secrets.md that it follows. Or the reason why there is none. */
export type SecretPlan = { readonly section: string } | { readonly reason: string; readonly shownBy: string };

const WRAPPING = { section: 'KEY_WRAPPING_KEY' };
const OPERATOR = { section: 'OPERATOR_TOKEN and the tokens of single roles' };
const INTERNAL = { section: 'INTERNAL_TOKEN (issuer) and ISSUER_TOKEN (gateway), on Node' };
const ONE_ROLE: SecretPlan = {
  reason: 'it is read with the code of OPERATOR_TOKEN, two tokens during a change included',
  shownBy: 'packages/service/test/operator.test.ts',
};
const PASSWORD: SecretPlan = {
  reason: 'an administrator of PostgreSQL changes it, and the drills have SQLite',
  shownBy: 'packages/service/test/postgres/settings.test.ts',
};

/** By service and declared variable. */
export const SECRETS: Readonly<Record<string, SecretPlan>> = {
  'relay RELAY_TOKENS': { section: 'RELAY_TOKEN' },
  'gateway RELAY_TOKEN': { section: 'RELAY_TOKEN' },
  'gateway KEY_WRAPPING_KEY': WRAPPING,
  'gateway KEY_WRAPPING_KEY_PREVIOUS': WRAPPING,
  'gateway OPERATOR_TOKEN': OPERATOR,
  'gateway OPERATOR_METRICS_TOKEN': ONE_ROLE,
  'gateway OPERATOR_SUPPORT_TOKEN': ONE_ROLE,
  'gateway OPERATOR_KEYS_TOKEN': ONE_ROLE,
  'gateway ISSUER_TOKEN': INTERNAL,
  'gateway STORE_PASSWORD': PASSWORD,
  'issuer KEY_WRAPPING_KEY': WRAPPING,
  'issuer KEY_WRAPPING_KEY_PREVIOUS': WRAPPING,
  'issuer OPERATOR_TOKEN': OPERATOR,
  'issuer OPERATOR_METRICS_TOKEN': ONE_ROLE,
  'issuer OPERATOR_SUPPORT_TOKEN': ONE_ROLE,
  'issuer OPERATOR_KEYS_TOKEN': ONE_ROLE,
  'issuer ACCOUNT_KEY': { section: 'ACCOUNT_KEY' },
  'issuer ACCOUNT_KEY_PREVIOUS': { section: 'ACCOUNT_KEY' },
  'issuer INTERNAL_TOKEN': INTERNAL,
  'issuer STORE_PASSWORD': PASSWORD,
  'issuer QUOTA_STORE_PASSWORD': PASSWORD,
  'witness OPERATOR_TOKEN': ONE_ROLE,
  'witness OPERATOR_METRICS_TOKEN': ONE_ROLE,
  'witness WITNESS_KEY': {
    reason: 'clients and logs know a witness by its name and this key together',
    shownBy: 'docs/how-to/rotate-secrets.md',
  },
};

/** Secrets that no variable holds. */
export const OTHER_SECRETS: Readonly<Record<string, SecretPlan>> = {
  'the root secret': { section: 'ROOT' },
  'the key of a certificate': { section: 'The TLS certificate, on Node' },
  'the key of the account server': {
    reason: 'the issuer reads the key set again, and ATTESTERS may list two keys',
    shownBy: 'services/issuer/test/jwks.test.ts',
  },
  'the secret of the log': { reason: "it is the log's identity", shownBy: 'docs/how-to/log-bundles.md' },
};
