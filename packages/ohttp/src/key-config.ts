import { concat, Reader, uint, vector, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import { KEM } from './hpke.ts';

/** The identifiers of a KDF and an AEAD (RFC 9180 §7.2, §7.3). */
export interface SuiteIds {
  readonly kdfId: number;
  readonly aeadId: number;
}

/**
 * A gateway's public key and the suites that it accepts with it (RFC 9458 §3.1).
 *
 *     struct { uint8 key_id; uint16 kem_id; opaque public_key[Npk]; Suite suites<4..2^16-4>; }
 */
export interface KeyConfig {
  readonly keyId: number;
  readonly kemId: number;
  readonly publicKey: Bytes; // Npk bytes, a length that kemId fixes
  readonly suites: readonly SuiteIds[]; // at least one, in the gateway's order; may include suites that are not implemented
}

/** Npk in bytes. Without it the layout of a configuration is unknown. */
const PUBLIC_KEY_LENGTH: ReadonlyMap<number, number> = new Map([
  [KEM.X25519, 32],
  [KEM.X_WING, 1216],
]);

/** Encodes one configuration (RFC 9458 §3.1). @throws {OhttpError} `unsupported-kem`, `bad-key`, `no-suites` */
export function encodeKeyConfig({ keyId, kemId, publicKey, suites }: KeyConfig): Bytes {
  const Npk = PUBLIC_KEY_LENGTH.get(kemId);
  if (Npk === undefined) throw new OhttpError('unsupported-kem', 'the KEM is not implemented');
  if (publicKey.length !== Npk) throw new OhttpError('bad-key', `public key is not ${Npk} bytes`);
  if (suites.length === 0) throw new OhttpError('no-suites', 'a key needs at least one suite');
  const list = suites.flatMap(({ kdfId, aeadId }) => [uint(2, kdfId), uint(2, aeadId)]);
  return concat(uint(1, keyId), uint(2, kemId), publicKey, vector(2, concat(...list)));
}

/**
 * Decodes one configuration (RFC 9458 §3.1), which must be the whole input.
 *
 * @throws {WireError} `truncated` or `trailing`
 * @throws {OhttpError} `unsupported-kem`, `no-suites`
 */
export function decodeKeyConfig(bytes: Bytes): KeyConfig {
  const config = readKeyConfig(new Reader(bytes));
  if (config === null) throw new OhttpError('unsupported-kem', 'the KEM is not implemented');
  return config;
}

/**
 * Encodes the body of an `application/ohttp-keys` response (RFC 9458 §3.2).
 *
 * The order matters to clients that choose by position: the Rust crate `ohttp` takes the last key that it supports.
 */
export function encodeKeyConfigs(configs: readonly KeyConfig[]): Bytes {
  return concat(...configs.map((config) => vector(2, encodeKeyConfig(config))));
}

/**
 * Decodes the body of an `application/ohttp-keys` response (RFC 9458 §3.2).
 *
 * A key with a KEM that is not implemented is skipped by its length prefix. A malformed key fails the whole
 * collection, as §3.2 requires: otherwise clients could be distinguished by the keys that they accept.
 *
 * @param body - any number of length-prefixed structs
 * @returns the usable keys in the same order, possibly none
 * @throws {WireError} `truncated` or `trailing`, with the field and the offset in its entry
 * @throws {OhttpError} `no-suites`
 */
export function decodeKeyConfigs(body: Bytes): KeyConfig[] {
  const r = new Reader(body);
  const configs: KeyConfig[] = [];
  while (r.remaining > 0) {
    const config = readKeyConfig(r.vector(2, 'key_config'));
    if (config !== null) configs.push(config);
  }
  return configs;
}

/** Reads one struct to its end. Null when the KEM is not implemented, because then the layout is unknown. */
function readKeyConfig(r: Reader): KeyConfig | null {
  const keyId = r.uint(1, 'key_id');
  const kemId = r.uint(2, 'kem_id');
  const Npk = PUBLIC_KEY_LENGTH.get(kemId);
  if (Npk === undefined) return null;
  const publicKey = r.opaque(Npk, 'public_key');
  const list = r.vector(2, 'suites');
  const suites = [];
  while (list.remaining > 0) {
    suites.push({ kdfId: list.uint(2, 'kdf_id'), aeadId: list.uint(2, 'aead_id') });
  }
  if (suites.length === 0) throw new OhttpError('no-suites', `key ${keyId} offers no suites`);
  r.end('KeyConfig');
  return { keyId, kemId, publicKey, suites };
}
