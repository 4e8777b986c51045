import {
  createCipheriv,
  createDecipheriv,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import * as layout from './layout.ts';
import { fetched, type Seen } from './seen.ts';
import type { BareSuite } from './suite.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** One sealed request; it can be posted any number of times. */
export interface BareEnvelope {
  readonly bytes: Bytes;
  /** @throws if the response was not sealed for this request */
  open(sealed: Bytes): { readonly status: number; readonly content: Bytes };
}

const OK = 200;
const SPENT = 409;
const AES = 'aes-128-gcm';

/** A client of a bare suite. Every response that is not the expected one is an error. */
export class BareClient {
  readonly #suite: BareSuite;
  readonly #page: Bytes;

  constructor(suite: BareSuite) {
    this.#suite = suite;
    this.#page = layout.pageOf(suite.page.length);
  }

  /** Seals a request with a new token. */
  seal(content: Bytes): BareEnvelope {
    const request = new Uint8Array(layout.REQUEST);
    request.set(randomBytes(layout.UNIFORM));
    layout.setContent(request, layout.TOKEN, content);
    const { x25519, mlKem } = this.#suite.keys;
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const { sharedKey, ciphertext } = encapsulate(mlKem);
    const enc = Buffer.concat([ciphertext, rawOf(publicKey)]);
    const shared = [sharedKey, diffieHellman({ privateKey, publicKey: x25519 })];
    const derived = hkdf(Buffer.concat(shared), enc, layout.KEY + layout.IV + layout.SECRET);
    const cipher = createCipheriv(AES, derived.subarray(0, layout.KEY), ivOf(derived));
    const sealed = [cipher.update(request), cipher.final(), cipher.getAuthTag()];
    return {
      bytes: new Uint8Array(Buffer.concat([Buffer.alloc(layout.HEADER), enc, ...sealed])),
      open: (response) => opened(response, enc, derived.subarray(layout.KEY + layout.IV)),
    };
  }

  /** A search with a new token. */
  search(content: Bytes): Promise<Seen> {
    return this.#exchange(this.seal(content), OK, this.#page);
  }

  /** Posts an envelope whose token is spent. */
  refused(envelope: BareEnvelope): Promise<Seen> {
    return this.#exchange(envelope, SPENT, new Uint8Array(0));
  }

  async #exchange(envelope: BareEnvelope, status: number, content: Bytes): Promise<Seen> {
    const headers = { 'content-type': layout.OHTTP.request };
    const url = `${this.#suite.urls.relay}/ohttp`;
    const seen = await fetched(url, { method: 'POST', headers, body: envelope.bytes });
    const inner = envelope.open(seen.body);
    if (inner.status !== status || Buffer.compare(inner.content, content) !== 0) {
      const got = `${inner.status} with ${inner.content.length} bytes`;
      throw new Error(`the bare exchange answered ${got} in place of ${status} with ${content.length}`);
    }
    return seen;
  }
}

function opened(response: Bytes, enc: Bytes, secret: Bytes): ReturnType<BareEnvelope['open']> {
  const nonce = response.subarray(0, layout.NONCE);
  const derived = hkdf(secret, Buffer.concat([enc, nonce]), layout.KEY + layout.IV);
  const decipher = createDecipheriv(AES, derived.subarray(0, layout.KEY), ivOf(derived));
  decipher.setAuthTag(response.subarray(-layout.TAG));
  const plain = Buffer.concat([
    decipher.update(response.subarray(layout.NONCE, -layout.TAG)),
    decipher.final(),
  ]);
  return { status: plain.readUInt32BE(0), content: layout.contentAt(plain, 4) };
}

const rawOf = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');

const hkdf = (secret: Uint8Array, salt: Uint8Array, length: number): Bytes =>
  new Uint8Array(hkdfSync('sha256', secret, salt, new Uint8Array(0), length));

const ivOf = (derived: Bytes): Bytes => derived.subarray(layout.KEY, layout.KEY + layout.IV);
