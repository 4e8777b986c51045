import { concat, Reader, uint, vector, type Bytes, type UnixSeconds } from '@sotto/wire';
import { BundleError } from './error.ts';
import { encodeServiceEntry, readServiceEntry, type ServiceEntry } from './service-entry.ts';

/** The media type of a SignedBundle. */
export const BUNDLE_TYPE = 'application/sotto-bundle';

const VERSION = 1;

/**
 * The keys and services that every client is shown in one epoch (specs/bundle.md).
 *
 *     struct { uint16 version = 1; uint64 sequence; uint64 not_before; uint64 not_after;
 *              uint16 kem_id; uint16 kdf_id; uint16 aead_id;
 *              opaque key_configs<0..2^16-1>; opaque directory<0..2^32-1>;
 *              ServiceEntry services<0..2^16-1>; opaque next_root<0..32>; } Bundle;
 */
export interface Bundle {
  /** The index of the epoch: notBefore divided by the seconds of an epoch. */
  readonly sequence: number;
  readonly notBefore: UnixSeconds;
  /** The first second in which the bundle is no longer valid. */
  readonly notAfter: UnixSeconds;
  /** The only suite that our clients use, because suites differ in length. */
  readonly suite: { readonly kemId: number; readonly kdfId: number; readonly aeadId: number };
  /** The body of an `application/ohttp-keys` response (RFC 9458 §3.2). */
  readonly keyConfigs: Bytes;
  /** The body of the issuer's directory (RFC 9578 §4), JSON. */
  readonly directory: Bytes;
  readonly services: readonly ServiceEntry[];
  /** The Ed25519 public key that may sign later bundles too: 32 bytes, or none. */
  readonly nextRoot: Bytes;
}

/** Encodes a bundle. @throws {WireError} `out-of-range` for a number or a field that is too large */
export function encodeBundle(bundle: Bundle): Bytes {
  const { kemId, kdfId, aeadId } = bundle.suite;
  return concat(
    uint(2, VERSION),
    uint(8, bundle.sequence),
    uint(8, bundle.notBefore),
    uint(8, bundle.notAfter),
    ...[kemId, kdfId, aeadId].map((id) => uint(2, id)),
    vector(2, bundle.keyConfigs),
    vector(4, bundle.directory),
    vector(2, concat(...bundle.services.map(encodeServiceEntry))),
    vector(1, bundle.nextRoot),
  );
}

/**
 * Decodes a bundle. It checks the form only.
 *
 * @throws {WireError} `truncated`, `trailing`, `out-of-range` or `bad-text`
 * @throws {BundleError} `unknown-version`, `bad-root` for a next root of another length,
 *   `malformed-services` for an entry without a name, or one name twice
 */
export function decodeBundle(bytes: Bytes): Bundle {
  const r = new Reader(bytes);
  if (r.uint(2, 'version') !== VERSION) throw new BundleError('unknown-version', 'not a bundle of version 1');
  const bundle: Bundle = {
    sequence: r.uint(8, 'sequence'),
    notBefore: r.uint(8, 'not_before'),
    notAfter: r.uint(8, 'not_after'),
    suite: { kemId: r.uint(2, 'kem_id'), kdfId: r.uint(2, 'kdf_id'), aeadId: r.uint(2, 'aead_id') },
    keyConfigs: r.vector(2, 'key_configs').rest(),
    directory: r.vector(4, 'directory').rest(),
    services: readServices(r.vector(2, 'services')),
    nextRoot: r.vector(1, 'next_root').rest(),
  };
  r.end('Bundle');
  if (bundle.nextRoot.length !== 0 && bundle.nextRoot.length !== 32) {
    throw new BundleError('bad-root', `next_root is ${bundle.nextRoot.length} bytes`);
  }
  return bundle;
}

function readServices(r: Reader): ServiceEntry[] {
  const services: ServiceEntry[] = [];
  const names = new Set<string>();
  while (r.remaining > 0) {
    const entry = readServiceEntry(r);
    if (entry.name === '' || names.has(entry.name)) {
      throw new BundleError('malformed-services', `service ${services.length} has no name of its own`);
    }
    names.add(entry.name);
    services.push(entry);
  }
  return services;
}
