/** A key of a test attester, which only tests accept. */
export const ATTESTER_KEY = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'test',
  alg: 'ES256',
  x: 'HznNIuBGPfb1nLd8L14BMG3o-mvdC9dxtR08zQb-BtQ',
  y: 'RvcYRuaO7UQZLT1qMc404Of7DmM_caf53eXlLi8gw8c',
  d: 'yyMsBf7MSEv5bH5Sz_NkYWf796TcZODZehRhr9kxKMQ',
} as const;

export const ATTESTER = 'https://accounts.example';
export const AUDIENCE = 'sotto-issuer';
export const OPERATOR = 'operator-of-the-tests';

const { d: _secret, ...publicKey } = ATTESTER_KEY;

const SERVICES = [
  { name: 'stickers', types: [5], batch: [1, 5, 30], quota: { default: 30, gold: 300 }, shards: 4 },
  { name: 'weather', types: [5, 1], batch: [1, 2, 5], quota: { default: 60 }, shards: 2 },
];

/** The configuration of an issuer under test. */
export const ISSUER_VARIABLES: Readonly<Record<string, string>> = {
  EPOCH_SECONDS: '86400',
  ISSUER_NAME: 'issuer.example',
  ISSUER_URL: 'https://issuer.example',
  SERVICES: JSON.stringify(SERVICES),
  ATTESTERS: JSON.stringify([
    {
      issuer: ATTESTER,
      audience: AUDIENCE,
      jwks: { keys: [publicKey] },
      accountClaim: 'sub',
      tierClaim: 'tier',
    },
  ]),
  ACCOUNT_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  KEY_WRAPPING_KEY: 'ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8',
  OPERATOR_TOKEN: OPERATOR,
};
