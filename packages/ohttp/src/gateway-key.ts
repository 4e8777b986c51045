import { equalBytes, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import type { Hpke, Kem, KemPrivateKey } from './hpke.ts';
import type { KeyConfig, SuiteIds } from './key-config.ts';

/** A key that a gateway opens with. Whatever depends on the key alone is computed once, with its first use. */
export interface GatewayKey {
  readonly config: KeyConfig;
  readonly key: KemPrivateKey;
  readonly kem: Kem;
}

/**
 * Makes a private key ready.
 *
 * @param privateKey - Nsk bytes; the caller may wipe them afterwards
 * @param publicKey - Npk bytes, if known: then it must be the private key's
 * @throws {OhttpError} `unsupported-kem`, `bad-key`, `no-suites`
 */
export async function loadGatewayKey(
  hpke: Hpke,
  {
    keyId,
    kemId,
    privateKey,
    publicKey,
    suites,
  }: {
    readonly keyId: number;
    readonly kemId: number;
    readonly privateKey: Bytes;
    readonly publicKey?: Bytes;
    readonly suites: readonly SuiteIds[];
  },
): Promise<GatewayKey> {
  const kem = hpke.kems.find(({ id }) => id === kemId);
  if (kem === undefined) throw new OhttpError('unsupported-kem', 'KEM is not ours');
  if (suites.length === 0) throw new OhttpError('no-suites', 'a key needs a suite');
  const key = await kem.load(privateKey);
  if (publicKey !== undefined && !equalBytes(publicKey, key.publicKey)) {
    throw new OhttpError('bad-key', 'public key is not the private key’s');
  }
  return { config: { keyId, kemId, publicKey: key.publicKey, suites }, key, kem };
}
