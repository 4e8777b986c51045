import { concat, EMPTY, uint, utf8, type Bytes } from '@sotto/wire';
import { OhttpError } from './error.ts';
import type { Aead, AeadKey, Hpke, Kdf, Kem, MaybePromise, Output } from './hpke.ts';
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

/** What is the same for every message to one key with one suite: hdr, and the key schedule's inputs (RFC 9180 §5.1). */
interface Constants {
  readonly hdr: Bytes;
  readonly secretIkm: Bytes;
  readonly key: Output;
  readonly baseNonce: Output;
  readonly exporterSecret: Output;
  readonly responseSecret: Output;
}

/** The constants of one key, with one suite and the labels of one kind of message. */
interface Known {
  readonly kdfId: number;
  readonly aeadId: number;
  readonly labels: Labels;
  readonly constants: Constants;
}

/** The HPKE context of one exchange: key and nonce of the request, and the secret of the response. */
export interface Context {
  readonly key: AeadKey;
  readonly baseNonce: Bytes; // Nn bytes
  readonly responseSecret: Bytes; // max(Nn, Nk) bytes: Export(label, …)
}

const KNOWN = new WeakMap<KeyConfig, readonly Known[]>();

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
  { kdf, aead }: Suite,
  constants: Constants,
  sharedSecret: Bytes,
): Promise<Context> {
  const outputs = [constants.key, constants.baseNonce, constants.exporterSecret] as const;
  const [key, baseNonce, exporterSecret] = await kdf.derive(sharedSecret, constants.secretIkm, outputs);
  const { info, L } = constants.responseSecret;
  const responseSecret = await kdf.expand(exporterSecret, info, L);
  return { key: await aead.load(key), baseNonce, responseSecret };
}

/** The constants of a key, computed at its first use with a suite. */
export function constantsOf(suite: Suite, config: KeyConfig, labels: Labels): MaybePromise<Constants> {
  const kdfId = suite.kdf.id;
  const aeadId = suite.aead.id;
  const ofKey = KNOWN.get(config) ?? [];
  const known = ofKey.find((one) => one.kdfId === kdfId && one.aeadId === aeadId && one.labels === labels);
  return known?.constants ?? remember();

  async function remember(): Promise<Constants> {
    const hdr = encodeHeader(config, { kdfId, aeadId });
    const info = concat(labels.request, Uint8Array.of(0), hdr); // RFC 9458 §4.3
    const constants = { hdr, ...(await makeConstants(suite, labels, info)) };
    KNOWN.set(config, [...ofKey, { kdfId, aeadId, labels, constants }]);
    return constants;
  }
}

export async function makeConstants(
  { kem, kdf, aead }: Suite,
  labels: Labels,
  info: Bytes,
): Promise<Omit<Constants, 'hdr'>> {
  const suiteId = concat(HPKE, uint(2, kem.id), uint(2, kdf.id), uint(2, aead.id));
  const pskIdHash = await labeledExtract(kdf, suiteId, EMPTY, PSK_ID_HASH, EMPTY);
  const infoHash = await labeledExtract(kdf, suiteId, EMPTY, INFO_HASH, info);
  const context = concat(BASE, pskIdHash, infoHash);
  const output = (label: Bytes, about: Bytes, L: number): Output => ({
    info: labeledInfo(suiteId, label, about, L),
    L,
  });
  return {
    secretIkm: labeledIkm(suiteId, SECRET, EMPTY), // no PSK
    key: output(KEY, context, aead.Nk),
    baseNonce: output(BASE_NONCE, context, aead.Nn),
    exporterSecret: output(EXP, context, kdf.Nh),
    responseSecret: output(SEC, labels.response, responseSize(aead)),
  };
}
