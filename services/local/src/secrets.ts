import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** The secrets that an operator keeps in a secret store. Generated once; all text is unpadded base64url. */
export interface Secrets {
  /** The Ed25519 secret key that signs key bundles (32 bytes), and its public key. */
  readonly rootSecret: string;
  readonly root: string;
  readonly relayToken: string;
  readonly operatorToken: string;
  readonly gatewayWrappingKey: string;
  readonly issuerWrappingKey: string;
  readonly accountKey: string;
  /** The Ed25519 secret keys (32 bytes) of the log of bundles and of its witness. */
  readonly logSecret: string;
  readonly witnessKey: string;
  /** The development attester's key. It vouches for any account name, so it is for a local suite only. */
  readonly attester: JWK;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const fresh = (): string => randomBytes(32).toString('base64url');

export async function makeSecrets(): Promise<Secrets> {
  const rootSecret = randomBytes(32);
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return {
    rootSecret: text(rootSecret),
    root: text(ed25519.getPublicKey(rootSecret)),
    relayToken: fresh(),
    operatorToken: fresh(),
    gatewayWrappingKey: fresh(),
    issuerWrappingKey: fresh(),
    accountKey: fresh(),
    logSecret: fresh(),
    witnessKey: fresh(),
    attester: { ...(await exportJWK(privateKey)), kid: 'local', alg: 'ES256' },
  };
}

/** The secrets stored in a folder. They are generated at the first start and readable only by their owner. */
export async function storedSecrets(folder: string): Promise<Secrets> {
  const file = path.join(folder, 'secrets.json');
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const known = stored === null ? null : (JSON.parse(stored) as Secrets);
  const made = await makeSecrets();
  const secrets = { ...made, ...known }; // a folder of an older version has fewer
  if (Object.keys(known ?? {}).length === Object.keys(made).length) return secrets;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
  await chmod(file, 0o600);
  return secrets;
}
