import { concat, EMPTY, Reader, utf8, type Bytes, type Random } from '@sotto/wire';
import {
  constantsOf,
  keySchedule,
  responseSize,
  suiteOf,
  type Context,
  type Labels,
  type Suite,
} from './context.ts';
import { OhttpError } from './error.ts';
import type { GatewayKey } from './gateway-key.ts';
import type { Aead, Hpke, Kem } from './hpke.ts';
import type { KeyConfig, SuiteIds } from './key-config.ts';
import { openResponse, sealResponse } from './response.ts';

export const HEADER_LENGTH = 7; // bytes of hdr (RFC 9458 §4.3)

const LABELS: Labels = { request: utf8('message/bhttp request'), response: utf8('message/bhttp response') };

/** A client's side of an exchange. */
export interface EncapsulatedExchange {
  readonly encapsulatedRequest: Bytes; // 7 + Nenc + request.length + Nt bytes
  /** @throws {OhttpError} `truncated`, `open-failed` */
  readonly openResponse: (encapsulatedResponse: Bytes) => Promise<Bytes>;
}

/** A gateway's side of an exchange. */
export interface DecapsulatedExchange {
  readonly request: Bytes;
  readonly enc: Bytes; // Nenc bytes, different for every honest request
  readonly keyId: number;
  readonly kemId: number;
  /** @throws {OhttpError} `bad-nonce` */
  readonly sealResponse: (response: Bytes, random: Random) => Promise<Bytes>;
}

/** The sender's state after encapsulation: header, encapsulated key and context. */
export interface Sender {
  readonly suite: Suite;
  readonly hdr: Bytes;
  readonly enc: Bytes;
  readonly context: Context;
}

/** The receiver's state after decapsulation. */
export interface Receiver {
  readonly suite: Suite;
  readonly enc: Bytes;
  readonly context: Context;
}

/**
 * Encapsulates a request to a gateway (RFC 9458 §4.3), with a new HPKE context.
 *
 * @param suiteIds - a suite that the configuration offers
 * @param request - a Binary HTTP request of any length. Pad it first: its length is visible
 * @param random - for the KEM's ephemeral key: 32 bytes for X25519, 64 for X-Wing
 * @throws {OhttpError} `unsupported-kem`, `unsupported-suite`, `bad-key`
 */
export async function encapsulateRequest(
  hpke: Hpke,
  config: KeyConfig,
  suiteIds: SuiteIds,
  request: Bytes,
  random: Random,
): Promise<EncapsulatedExchange> {
  const { suite, hdr, enc, context } = await startSender(hpke, config, suiteIds, LABELS, random);
  const ct = await context.key.seal(context.baseNonce, EMPTY, request);
  const { responseSecret } = context;
  return {
    encapsulatedRequest: concat(hdr, enc, ct),
    openResponse: (encapsulatedResponse) => openResponse(suite, responseSecret, enc, encapsulatedResponse),
  };
}

/**
 * Decapsulates a request (RFC 9458 §4.3).
 *
 * @param keys - the current keys; one is selected by key id and KEM
 * @throws {OhttpError} `truncated`, `unknown-key-id`, `unsupported-kem`, `unsupported-suite`, `open-failed`;
 *   no other error for any bytes
 */
export async function decapsulateRequest(
  hpke: Hpke,
  keys: readonly GatewayKey[],
  encapsulatedRequest: Bytes,
): Promise<DecapsulatedExchange> {
  if (encapsulatedRequest.length < HEADER_LENGTH)
    throw new OhttpError('truncated', 'shorter than the header');
  const hdr = encapsulatedRequest.subarray(0, HEADER_LENGTH);
  const { key, suite } = selectKey(hpke, keys, hdr);
  const start = HEADER_LENGTH + suite.kem.Nenc;
  if (encapsulatedRequest.length < start + suite.aead.Nt)
    throw new OhttpError('truncated', 'shorter than a tag');
  const enc = encapsulatedRequest.subarray(HEADER_LENGTH, start);
  const { context } = await startReceiver(key, suite, LABELS, enc);
  const request = await context.key.open(context.baseNonce, EMPTY, encapsulatedRequest.subarray(start));
  const { responseSecret } = context;
  return {
    request,
    enc,
    keyId: key.config.keyId,
    kemId: key.config.kemId,
    sealResponse: (response, random) => sealResponse(suite, responseSecret, enc, response, random),
  };
}

export async function startSender(
  hpke: Hpke,
  config: KeyConfig,
  suiteIds: SuiteIds,
  labels: Labels,
  random: Random,
): Promise<Sender> {
  const suite = suiteOf(hpke, config, suiteIds);
  const constants = await constantsOf(suite, config, labels);
  const { sharedSecret, enc } = await suite.kem.encap(config.publicKey, random);
  return { suite, hdr: constants.hdr, enc, context: await keySchedule(suite, constants, sharedSecret) };
}

export async function startReceiver(
  { config, key }: GatewayKey,
  suite: Suite,
  labels: Labels,
  enc: Bytes,
): Promise<Receiver> {
  const constants = await constantsOf(suite, config, labels);
  const sharedSecret = await suite.kem.decap(enc, key);
  return { suite, enc, context: await keySchedule(suite, constants, sharedSecret) };
}

/** The key and suite that a header names (RFC 9458 §4.3, steps 1 and 2). */
export function selectKey(
  hpke: Hpke,
  keys: readonly GatewayKey[],
  hdr: Bytes,
): { readonly key: GatewayKey; readonly suite: Suite } {
  const r = new Reader(hdr);
  const keyId = r.uint(1, 'key_id');
  const kemId = r.uint(2, 'kem_id');
  const suiteIds = { kdfId: r.uint(2, 'kdf_id'), aeadId: r.uint(2, 'aead_id') };
  const withId = keys.filter(({ config }) => config.keyId === keyId);
  if (withId.length === 0) throw new OhttpError('unknown-key-id', 'no key has this id');
  const key = withId.find(({ config }) => config.kemId === kemId);
  if (key === undefined) throw new OhttpError('unsupported-kem', 'the key with this id has another KEM');
  return { key, suite: { ...suiteOf(hpke, key.config, suiteIds), kem: key.kem } };
}

/** The length in bytes of an encapsulated request of n bytes (RFC 9458 §4.3). */
export function encapsulatedRequestLength({ kem, aead }: { kem: Kem; aead: Aead }, n: number): number {
  return HEADER_LENGTH + kem.Nenc + n + aead.Nt;
}

/** The length in bytes of an encapsulated response of n bytes (RFC 9458 §4.4). */
export function encapsulatedResponseLength(aead: Aead, n: number): number {
  return responseSize(aead) + n + aead.Nt;
}
