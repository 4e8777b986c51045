import { equalBytes, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import type { Hpke, Kem, KemPrivateKey } from './hpke.ts';
import type { KeyConfig, SuiteIds } from './key-config.ts';

/** A gateway's key that is ready for use. Values that depend only on the key are computed once, at its first use. */
export interface GatewayKey {
  readonly config: KeyConfig;
  readonly key: KemPrivateKey;
  readonly kem: Kem;
}

/**
 * Loads a gateway's private key.
 *
 * @param privateKey - Nsk bytes; the caller may wipe them afterwards
 * @param publicKey - Npk bytes, if known: it must belong to the private key
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
  if (kem === undefined) throw new OhttpError('unsupported-kem', 'the KEM is not implemented');
  if (suites.length === 0) throw new OhttpError('no-suites', 'a key needs at least one suite');
  const key = await kem.load(privateKey);
  if (publicKey !== undefined && !equalBytes(publicKey, key.publicKey)) {
    throw new OhttpError('bad-key', 'the public key does not belong to the private key');
  }
  return { config: { keyId, kemId, publicKey: key.publicKey, suites }, key, kem };
}
