import type { DrillName } from './drills.ts';

/** What operators do about a secret: a drill changes it, or there is a reason why none does. */
export type SecretPlan =
  | { readonly drill: DrillName }
  | { readonly reason: string; readonly shownBy: string };

const changedBy = (drill: DrillName): SecretPlan => ({ drill });

const WITNESS_OPERATOR: SecretPlan = {
  reason: 'the witness reads it with the code of gateway and issuer, two tokens during a change included',
  shownBy: 'packages/service/test/operator.test.ts',
};

/** By service and declared variable. */
export const SECRETS: Readonly<Record<string, SecretPlan>> = {
  'relay RELAY_TOKENS': changedBy('change RELAY_TOKEN'),
  'gateway RELAY_TOKEN': changedBy('change RELAY_TOKEN'),
  'gateway KEY_WRAPPING_KEY': changedBy('change KEY_WRAPPING_KEY'),
  'gateway KEY_WRAPPING_KEY_PREVIOUS': changedBy('change KEY_WRAPPING_KEY'),
  'gateway OPERATOR_TOKEN': changedBy('change OPERATOR_TOKEN'),
  'gateway OPERATOR_METRICS_TOKEN': changedBy('change the tokens of single roles'),
  'gateway OPERATOR_SUPPORT_TOKEN': changedBy('change the tokens of single roles'),
  'gateway OPERATOR_KEYS_TOKEN': changedBy('change the tokens of single roles'),
  'gateway ISSUER_TOKEN': changedBy('change INTERNAL_TOKEN'),
  'gateway STORE_PASSWORD': changedBy('change the passwords of PostgreSQL'),
  'issuer KEY_WRAPPING_KEY': changedBy('change KEY_WRAPPING_KEY'),
  'issuer KEY_WRAPPING_KEY_PREVIOUS': changedBy('change KEY_WRAPPING_KEY'),
  'issuer OPERATOR_TOKEN': changedBy('change OPERATOR_TOKEN'),
  'issuer OPERATOR_METRICS_TOKEN': changedBy('change the tokens of single roles'),
  'issuer OPERATOR_SUPPORT_TOKEN': changedBy('change the tokens of single roles'),
  'issuer OPERATOR_KEYS_TOKEN': changedBy('change the tokens of single roles'),
  'issuer ACCOUNT_KEY': changedBy('change ACCOUNT_KEY'),
  'issuer ACCOUNT_KEY_PREVIOUS': changedBy('change ACCOUNT_KEY'),
  'issuer INTERNAL_TOKEN': changedBy('change INTERNAL_TOKEN'),
  'issuer STORE_PASSWORD': changedBy('change the passwords of PostgreSQL'),
  'issuer QUOTA_STORE_PASSWORD': changedBy('change the passwords of PostgreSQL'),
  'witness OPERATOR_TOKEN': WITNESS_OPERATOR,
  'witness OPERATOR_METRICS_TOKEN': WITNESS_OPERATOR,
  'witness WITNESS_KEY': {
    reason: 'clients and logs know a witness by its name and this key together',
    shownBy: 'docs/how-to/rotate-secrets.md',
  },
};

/** Secrets that no variable holds. */
export const OTHER_SECRETS: Readonly<Record<string, SecretPlan>> = {
  'the root secret': changedBy('change ROOT'),
  'the key of a certificate': changedBy('renew a certificate'),
  'the key of the account server': changedBy('change the key of the account server'),
  'the secret of the log': {
    reason: "it is the log's identity",
    shownBy: 'docs/how-to/log-bundles.md',
  },
};
