import {
  decapsulateChunkedRequest,
  encapsulateChunkedRequest,
  KEM,
  loadGatewayKey,
  type AeadKey,
  type GatewayKey,
  type Hpke,
  type KeyConfig,
  type Pull,
} from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { concat, EMPTY, uint, utf8, varint, varintLength, type Bytes } from '@sotto/wire';
import { chunkNonce } from '../src/chunk.ts';
import { startSender } from '../src/request.ts';
import { AES, codeOf, drain, keyPair, pullFrom, random } from './support.ts';

export const hpke = nodeHpke();
const { config, privateKey } = await keyPair(hpke, KEM.X25519);
export const CONFIG: KeyConfig = config;
export const KEY: GatewayKey = await loadGatewayKey(hpke, { ...config, privateKey });

export const TAG = 16; // bytes
export const HEAD = 7 + 32; // bytes of header and enc

/** The pieces of a request on the wire: header and enc, then one piece per chunk. */
export async function seal(...plaintext: readonly Bytes[]): Promise<Bytes[]> {
  const { body } = await encapsulateChunkedRequest(hpke, CONFIG, AES, random, pullFrom(plaintext));
  return drain(body);
}

/** All plaintext of a request on the wire. */
export async function open(source: Pull, maxChunk?: number): Promise<Bytes> {
  const { request } = await decapsulateChunkedRequest(hpke, [KEY], source, maxChunk);
  return concat(...(await drain(request)));
}

/** The pieces of plaintext before the error, and the code of the error. */
export async function openUntilError(
  pieces: readonly Bytes[],
  maxChunk?: number,
): Promise<{ before: Bytes[]; code: string }> {
  const before: Bytes[] = [];
  const code = await codeOf(async () => {
    const { request } = await decapsulateChunkedRequest(hpke, [KEY], pullFrom(pieces), maxChunk);
    for (let piece = await request(); piece !== null; piece = await request()) before.push(piece);
  });
  return { before, code };
}

/** Seals chunks without any rules: any chunk, any length prefix, any AAD. */
export async function rawSender(label = 'message/bhttp chunked request'): Promise<{
  head: Bytes;
  chunk: (plaintext: Bytes, options?: { final?: boolean; width?: 1 | 2 | 4 | 8 }) => Promise<Bytes>;
}> {
  const labels = { request: utf8(label), response: utf8(label.replace('request', 'response')) };
  const { hdr, enc, context } = await startSender(hpke, CONFIG, AES, labels, random);
  let counter = 0;
  return {
    head: concat(hdr, enc),
    async chunk(plaintext, { final = false, width = varintLength(plaintext.length + TAG) } = {}) {
      const aad = final ? utf8('final') : EMPTY;
      const ct = await context.key.seal(chunkNonce(context.baseNonce, counter++), aad, plaintext);
      return concat(final ? varint(0) : varintOf(ct.length, width), ct);
    },
  };
}

/** HPKE whose AEAD seals this content in place of any other, so that a sender makes a chunk of any size. */
export function oneChunk(content: Bytes): Hpke {
  const aeads = hpke.aeads.map((aead) => ({
    ...aead,
    async load(raw: Bytes): Promise<AeadKey> {
      const key = await aead.load(raw);
      return {
        seal: (nonce, aad, pt) => key.seal(nonce, aad, pt.length > 0 ? content : pt),
        open: (nonce, aad, ct) => key.open(nonce, aad, ct),
      };
    },
  }));
  return { ...hpke, aeads };
}

/** n as a varint of `width` bytes, which may be more than it needs (RFC 9000 §16). */
function varintOf(n: number, width: 1 | 2 | 4 | 8): Bytes {
  const bytes = uint(width, n);
  bytes[0] = (bytes[0] ?? 0) | (Math.log2(width) << 6);
  return bytes;
}

/** A stream cut into pieces of `size` bytes. */
export function inPieces(whole: Bytes, size: number): Bytes[] {
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
    whole.slice(size * i, size * (i + 1)),
  );
}
