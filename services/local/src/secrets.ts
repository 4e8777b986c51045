import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** What an operator would keep in a secret store. Made once; all text is unpadded base64url. */
export interface Secrets {
  /** The Ed25519 secret under which key bundles are signed (32 bytes), and its public key. */
  readonly rootSecret: string;
  readonly root: string;
  readonly relayToken: string;
  readonly operatorToken: string;
  readonly gatewayWrappingKey: string;
  readonly issuerWrappingKey: string;
  readonly accountKey: string;
  /** The development attester's key: it vouches for any account name, which only a local suite may do. */
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
    attester: { ...(await exportJWK(privateKey)), kid: 'local', alg: 'ES256' },
  };
}

/** The secrets kept in a folder, made on the first start and readable by their owner alone. */
export async function keptSecrets(folder: string): Promise<Secrets> {
  const file = path.join(folder, 'secrets.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secrets = await makeSecrets();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 });
  await chmod(file, 0o600);
  return secrets;
}
