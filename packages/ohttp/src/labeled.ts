import { concat, uint, utf8, type Bytes } from '@sotto/wire';
import type { Kdf, MaybePromise } from './hpke.ts';

const VERSION = utf8('HPKE-v1');

/** LabeledExtract (RFC 9180 §4). */
export function labeledExtract(
  kdf: Kdf,
  suiteId: Bytes,
  salt: Bytes,
  label: Bytes,
  ikm: Bytes,
): MaybePromise<Bytes> {
  return kdf.extract(salt, labeledIkm(suiteId, label, ikm));
}

/** The ikm of LabeledExtract (RFC 9180 §4), computed separately because it can be the same for every message. */
export function labeledIkm(suiteId: Bytes, label: Bytes, ikm: Bytes): Bytes {
  return concat(VERSION, suiteId, label, ikm);
}

/** The info of LabeledExpand (RFC 9180 §4), computed separately because it can be the same for every message. */
export function labeledInfo(suiteId: Bytes, label: Bytes, info: Bytes, L: number): Bytes {
  return concat(uint(2, L), VERSION, suiteId, label, info);
}
