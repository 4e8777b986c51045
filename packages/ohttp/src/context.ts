import { concat, EMPTY, uint, utf8, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import type { Aead, AeadKey, Hpke, Kdf, Kem } from './hpke.ts';
import { labeledExtract, labeledIkm, labeledInfo } from './labeled.ts';
import type { KeyConfig, SuiteIds } from './key-config.ts';

const BASE = Uint8Array.of(0x00); // mode_base
const HPKE = utf8('HPKE');
const PSK_ID_HASH = utf8('psk_id_hash');
const INFO_HASH = utf8('info_hash');
const SECRET = utf8('secret');
const KEY = utf8('key');
const BASE_NONCE = utf8('base_nonce');
const EXP = utf8('exp');
const SEC = utf8('sec');

/** An HPKE suite in a runtime's implementation. */
export interface Suite {
  readonly kem: Kem;
  readonly kdf: Kdf;
  readonly aead: Aead;
}

/** The labels of RFC 9458 §4.3 and §4.4, or of chunked OHTTP. */
export interface Labels {
  readonly request: Bytes;
  readonly response: Bytes;
}

/** The inputs of the key schedule (RFC 9180 §5.1) that are the same for every message to one key with one suite. */
interface Constants {
  readonly secretIkm: Bytes;
  readonly keyInfo: Bytes;
  readonly nonceInfo: Bytes;
  readonly exporterInfo: Bytes;
  readonly responseInfo: Bytes;
}

/** The HPKE context of one exchange: key and nonce of the request, and the secret of the response. */
export interface Context {
  readonly key: AeadKey;
  readonly baseNonce: Bytes; // Nn bytes
  readonly responseSecret: Bytes; // max(Nn, Nk) bytes: Export(label, …)
}

const CONSTANTS = new WeakMap<KeyConfig, Map<string, Constants>>();

/** hdr (RFC 9458 §4.3): 7 bytes. */
export function encodeHeader({ keyId, kemId }: KeyConfig, { kdfId, aeadId }: SuiteIds): Bytes {
  return concat(uint(1, keyId), uint(2, kemId), uint(2, kdfId), uint(2, aeadId));
}

/** @throws {OhttpError} `unsupported-kem`, `unsupported-suite` */
export function suiteOf(hpke: Hpke, config: KeyConfig, { kdfId, aeadId }: SuiteIds): Suite {
  const kem = hpke.kems.find(({ id }) => id === config.kemId);
  if (kem === undefined) throw new OhttpError('unsupported-kem', 'the KEM is not implemented');
  const offered = config.suites.some((suite) => suite.kdfId === kdfId && suite.aeadId === aeadId);
  if (!offered) throw new OhttpError('unsupported-suite', 'the key does not offer this suite');
  const kdf = hpke.kdfs.find(({ id }) => id === kdfId);
  const aead = hpke.aeads.find(({ id }) => id === aeadId);
  if (kdf === undefined || aead === undefined)
    throw new OhttpError('unsupported-suite', 'the suite is not implemented');
  return { kem, kdf, aead };
}

/** The length in bytes of response_nonce and of the response's secret: max(Nn, Nk) (RFC 9458 §4.4). */
export function responseSize({ Nn, Nk }: Aead): number {
  return Math.max(Nn, Nk);
}

/** KeySchedule in base mode, with the one secret that OHTTP exports (RFC 9180 §5.1, RFC 9458 §4.3, §4.4). */
export async function keySchedule(
  suite: Suite,
  config: KeyConfig,
  labels: Labels,
  hdr: Bytes,
  sharedSecret: Bytes,
): Promise<Context> {
  const { kdf, aead } = suite;
  const constants = await constantsOf(suite, config, labels, hdr);
  const secret = await kdf.extract(sharedSecret, constants.secretIkm);
  const expand = kdf.expander(secret);
  const key = await expand(constants.keyInfo, aead.Nk);
  const baseNonce = await expand(constants.nonceInfo, aead.Nn);
  const exporterSecret = await expand(constants.exporterInfo, kdf.Nh);
  const responseSecret = await kdf.expand(exporterSecret, constants.responseInfo, responseSize(aead));
  return { key: await aead.load(key), baseNonce, responseSecret };
}

async function constantsOf(suite: Suite, config: KeyConfig, labels: Labels, hdr: Bytes): Promise<Constants> {
  let ofKey = CONSTANTS.get(config);
  if (ofKey === undefined) CONSTANTS.set(config, (ofKey = new Map()));
  const name = `${suite.kdf.id} ${suite.aead.id} ${labels.request.length}`;
  const known = ofKey.get(name);
  if (known !== undefined) return known;
  const constants = await makeConstants(suite, labels, concat(labels.request, Uint8Array.of(0), hdr));
  ofKey.set(name, constants);
  return constants;
}

/** @param info - the request's label, a zero byte and hdr (RFC 9458 §4.3) */
export async function makeConstants(
  { kem, kdf, aead }: Suite,
  labels: Labels,
  info: Bytes,
): Promise<Constants> {
  const suiteId = concat(HPKE, uint(2, kem.id), uint(2, kdf.id), uint(2, aead.id));
  const pskIdHash = await labeledExtract(kdf, suiteId, EMPTY, PSK_ID_HASH, EMPTY);
  const infoHash = await labeledExtract(kdf, suiteId, EMPTY, INFO_HASH, info);
  const context = concat(BASE, pskIdHash, infoHash);
  return {
    secretIkm: labeledIkm(suiteId, SECRET, EMPTY), // no PSK
    keyInfo: labeledInfo(suiteId, KEY, context, aead.Nk),
    nonceInfo: labeledInfo(suiteId, BASE_NONCE, context, aead.Nn),
    exporterInfo: labeledInfo(suiteId, EXP, context, kdf.Nh),
    responseInfo: labeledInfo(suiteId, SEC, labels.response, responseSize(aead)),
  };
}
