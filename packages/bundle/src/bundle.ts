import {
  concat,
  fromUtf8,
  Reader,
  uint,
  utf8,
  vector,
  WireError,
  type Bytes,
  type UnixSeconds,
} from '@sotto/wire';
import { BundleError } from './error.ts';
import { encodeLengthClass, readLengthClasses, type LengthClass } from './length-class.ts';
import { encodeRefill, readRefill, REFILL_SERVICE, type Refill } from './refill.ts';
import { encodeServiceEntry, readServiceEntry, type ServiceEntry } from './service-entry.ts';

/** The media type of a SignedBundle. */
export const BUNDLE_TYPE = 'application/sotto-bundle';

/**
 * The keys and services that every client is shown in one epoch (specs/bundle.md). Version 2 is version 1
 * followed by an extension.
 *
 *     struct { uint16 version; uint64 sequence; uint64 not_before; uint64 not_after;
 *              uint16 kem_id; uint16 kdf_id; uint16 aead_id;
 *              opaque key_configs<0..2^16-1>; opaque directory<0..2^32-1>;
 *              ServiceEntry services<0..2^16-1>; opaque next_root<0..32>;
 *              select (version) { case 1: struct {}; case 2: Extension; } } Bundle;
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
  /** The fields that only version 2 has; null in version 1. */
  readonly extension: Extension | null;
}

/**
 * The fields that version 2 adds.
 *
 *     struct { LengthClass classes<0..2^16-1>; opaque provider<0..2^8-1>; optional<Refill> refill; } Extension;
 */
export interface Extension {
  /** The length classes of the deployment; every service is in one of them. */
  readonly classes: readonly LengthClass[];
  /** The provider at which the gateway states that it runs; empty when it states none. */
  readonly provider: string;
  /** The terms of refills, with which clients get tokens without their account; null where there are none. */
  readonly refill: Refill | null;
}

/** Encodes a bundle. @throws {WireError} `out-of-range` for a number or a field that is too large */
export function encodeBundle(bundle: Bundle): Bytes {
  const { kemId, kdfId, aeadId } = bundle.suite;
  return concat(
    uint(2, bundle.extension === null ? 1 : 2),
    uint(8, bundle.sequence),
    uint(8, bundle.notBefore),
    uint(8, bundle.notAfter),
    ...[kemId, kdfId, aeadId].map((id) => uint(2, id)),
    vector(2, bundle.keyConfigs),
    vector(4, bundle.directory),
    vector(2, concat(...bundle.services.map(encodeServiceEntry))),
    vector(1, bundle.nextRoot),
    ...(bundle.extension === null ? [] : [encodeExtension(bundle.extension)]),
  );
}

function encodeExtension({ classes, provider, refill }: Extension): Bytes {
  return concat(
    vector(2, concat(...classes.map(encodeLengthClass))),
    vector(1, utf8(provider)),
    refill === null ? uint(1, 0) : concat(uint(1, 1), encodeRefill(refill)),
  );
}

/**
 * Converts a bundle to version 1: the same keys and services, without the extension and the service `refill`.
 * A bundle of version 1 is returned as it is.
 */
export function asVersion1(bundle: Bundle): Bundle {
  const services = bundle.services.filter(({ name }) => name !== REFILL_SERVICE);
  return bundle.extension === null ? bundle : { ...bundle, services, extension: null };
}

/**
 * The encoding of `asVersion1` of an encoded bundle; null when that is of version 1 already. @throws as
 * `decodeBundle`
 */
export function encodedVersion1(encoded: Bytes): Bytes | null {
  const bundle = decodeBundle(encoded);
  return bundle.extension === null ? null : encodeBundle(asVersion1(bundle));
}

/**
 * Decodes a bundle. It checks the form only.
 *
 * @throws {WireError} `truncated`, `trailing`, `out-of-range` or `bad-text`
 * @throws {BundleError} `unknown-version`, `bad-root` for a next root of another length,
 *   `malformed-services` for a service or a length class without a unique name; `malformed-keys` for refill keys
 *   of another length
 */
export function decodeBundle(bytes: Bytes): Bundle {
  const r = new Reader(bytes);
  const version = r.uint(2, 'version');
  if (version !== 1 && version !== 2) throw new BundleError('unknown-version', 'not of version 1 or 2');
  const bundle: Bundle = {
    sequence: r.uint(8, 'sequence'),
    notBefore: r.uint(8, 'not_before'),
    notAfter: r.uint(8, 'not_after'),
    suite: { kemId: r.uint(2, 'kem_id'), kdfId: r.uint(2, 'kdf_id'), aeadId: r.uint(2, 'aead_id') },
    keyConfigs: r.vector(2, 'key_configs').rest(),
    directory: r.vector(4, 'directory').rest(),
    services: readServices(r.vector(2, 'services')),
    nextRoot: r.vector(1, 'next_root').rest(),
    extension: version === 1 ? null : readExtension(r),
  };
  r.end('Bundle');
  if (bundle.nextRoot.length !== 0 && bundle.nextRoot.length !== 32) {
    throw new BundleError('bad-root', `next_root is ${bundle.nextRoot.length} bytes`);
  }
  return bundle;
}

function readExtension(r: Reader): Extension {
  const classes = readLengthClasses(r.vector(2, 'classes'));
  const provider = fromUtf8(r.vector(1, 'provider').rest());
  const present = r.uint(1, 'refill');
  if (present > 1) throw new WireError('out-of-range', 'refill: neither 0 nor 1');
  return { classes, provider, refill: present === 0 ? null : readRefill(r) };
}

function readServices(r: Reader): ServiceEntry[] {
  const services: ServiceEntry[] = [];
  const names = new Set<string>();
  while (r.remaining > 0) {
    const entry = readServiceEntry(r);
    if (entry.name === '' || names.has(entry.name)) {
      throw new BundleError('malformed-services', `service ${services.length} has no unique name`);
    }
    names.add(entry.name);
    services.push(entry);
  }
  return services;
}
