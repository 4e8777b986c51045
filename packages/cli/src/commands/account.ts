import { createPrivateKey, sign, type JsonWebKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { noMore } from '../arguments.ts';
import { command, Failure, UsageError } from '../command.ts';
import { loadSettings } from '../config.ts';
import { DEVELOPMENT } from '../init/operator-b.ts';

const VALID_SECONDS = 3600;

/** `sotto account`. */
export const account = command({
  name: 'account',
  synopsis: '[NAME]',
  summary: 'make an account token with the development key of sotto init b',
  details: 'The token is valid for one hour. For development: the key vouches for any account.',
  options: {},
  examples: [['account ada --config ops/b', 'prints a token for the account ada']],
  run: async ({ values, words: [name = 'you', ...rest] }, io) => {
    noMore(rest);
    const settings = await loadSettings(values, io);
    if (settings === null) throw new UsageError('--config is missing: the folder that sotto init b wrote');
    const file = path.join(settings.dir, 'attester.jwk');
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + VALID_SECONDS };
    const claims = { iss: DEVELOPMENT.issuer, aud: DEVELOPMENT.audience, sub: name, ...times };
    const token = signedJwt(await developmentKey(file), claims);
    io.out(values.json === true ? JSON.stringify({ token, expires: times.exp }) : token);
    return 0;
  },
});

async function developmentKey(file: string): Promise<JsonWebKey & { readonly kid?: string }> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) {
    throw new Failure(`Cannot read ${file}. Use the folder of sotto init b without --jwks.`);
  }
  try {
    return JSON.parse(text) as JsonWebKey;
  } catch {
    throw new Failure(`${file} is not a private key. Use the one that sotto init b wrote.`);
  }
}

function signedJwt(jwk: JsonWebKey & { readonly kid?: string }, claims: object): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'ES256', kid: jwk.kid })}.${part(claims)}`;
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
