import { randomBytes } from 'node:crypto';
import { decodeResponse, encodeRequest, type BhttpRequest, type BhttpResponse } from '@sotto/bhttp';
import { decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { decodeKeyConfigs, encapsulateRequest, type KeyConfig } from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import {
  createTokenRequests,
  decodeDirectory,
  formatAuthorization,
  type PendingTokens,
} from '@sotto/privacypass';
import { nobleVoprf } from '@sotto/voprf';
import { utf8, type Bytes } from '@sotto/wire';

const RISTRETTO = nobleVoprf('ristretto255-SHA512');
const HPKE = nodeHpke();
export const random = (length: number): Bytes => new Uint8Array(randomBytes(length));

/** A response: the outer one, and the inner one if it could be decrypted. */
export interface RawResponse {
  readonly status: number;
  readonly type: string | null;
  readonly length: number; // bytes on the wire
  readonly headers: Headers;
  readonly inner: BhttpResponse | null;
  /** The inner problem's `code`, or the outer one's. */
  readonly code: string | null;
}

/** One encapsulated request; it can be posted any number of times. */
export interface Envelope {
  readonly bytes: Bytes;
  readonly open: (encapsulated: Bytes) => Promise<Bytes>;
}

/** What a client needs: a relay with its bundle, an issuer, and an attester that accepts every account. */
export interface Reachable {
  readonly urls: { readonly relay: string; readonly issuer: string };
  readonly account: (name: string) => Promise<string>;
}

/** A client that does each step separately, so that a test can do it wrong. */
export class RawExchange {
  readonly #parties: Reachable;
  readonly bundle: Bundle;
  readonly config: KeyConfig;

  private constructor(parties: Reachable, bundle: Bundle) {
    this.#parties = parties;
    this.bundle = bundle;
    const config = decodeKeyConfigs(bundle.keyConfigs).find(({ kemId }) => kemId === bundle.suite.kemId);
    if (config === undefined) throw new Error('bundle: its suite names a KEM without a key');
    this.config = config;
  }

  static async of(parties: Reachable, from = parties.urls.relay): Promise<RawExchange> {
    const response = await fetch(`${from}/bundle`);
    if (response.status !== 200) throw new Error(`bundle: ${response.status}`);
    const signed = decodeSignedBundle(new Uint8Array(await response.arrayBuffer()));
    return new RawExchange(parties, decodeBundle(signed.bundle));
  }

  /** Has the issuer issue one batch of tokens for a service. */
  async issue(account: string, service = 'stickers', count = 30): Promise<Bytes[]> {
    const pending = await this.blind(service, count);
    return pending.finish(await this.sendBatch(account, pending));
  }

  /** Blinds a batch of tokens for a service. */
  async blind(service = 'stickers', count = 30): Promise<PendingTokens> {
    const { tokenKeys } = decodeDirectory(this.bundle.directory);
    const key = tokenKeys.find((k) => k.service === service && (k.notBefore ?? 0) <= this.bundle.notBefore);
    const entry = this.bundle.services.find(({ name }) => name === service);
    if (key === undefined || entry === undefined) throw new Error(`no key for ${service}`);
    return createTokenRequests({
      voprf: RISTRETTO,
      tokenType: entry.tokenType,
      publicKey: key.tokenKey,
      challenge: entry.challenge,
      count,
      random,
      kind: 'amortized',
    });
  }

  /** Sends a blinded batch to the issuer. Returns the body of the response. */
  async sendBatch(account: string, { contentType, request }: PendingTokens): Promise<Bytes> {
    const response = await fetch(`${this.#parties.urls.issuer}/token-request`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await this.#parties.account(account)}`,
        'content-type': contentType,
      },
      body: request,
    });
    if (response.status !== 200) throw new Error(`token-request: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** A search as our client sends it, with the changes of `change`. */
  request(token: Bytes | null, q: string, change: Partial<BhttpRequest> = {}): BhttpRequest {
    const date = new Date(Math.floor(Date.now() / 600_000) * 600_000).toUTCString();
    return {
      method: 'POST',
      scheme: 'https',
      authority: 'stickers',
      path: '/v1/search',
      fields: [
        ...(token === null ? [] : [['authorization', formatAuthorization(token)] as const]),
        ['content-type', 'application/json'],
        ['date', date],
      ],
      content: utf8(JSON.stringify({ q })),
      trailers: [],
      ...change,
    };
  }

  async seal(inner: BhttpRequest | Bytes): Promise<Envelope> {
    const { kdfId, aeadId } = this.bundle.suite;
    const request = inner instanceof Uint8Array ? inner : encodeRequest(inner, { length: 1024 });
    const sealed = await encapsulateRequest(HPKE, this.config, { kdfId, aeadId }, request, random);
    return { bytes: sealed.encapsulatedRequest, open: (encapsulated) => sealed.openResponse(encapsulated) };
  }

  async post({ bytes, open }: Envelope): Promise<RawResponse> {
    const response = await fetch(`${this.#parties.urls.relay}/ohttp`, {
      method: 'POST',
      headers: { 'content-type': 'message/ohttp-req' },
      body: bytes,
    });
    const body = new Uint8Array(await response.arrayBuffer());
    const type = response.headers.get('content-type');
    const inner = type === 'message/ohttp-res' ? decodeResponse(await open(body)) : null;
    const problem = inner === null || inner.status >= 400 ? problemOf(inner?.content ?? body) : null;
    const { status, headers } = response;
    return { status, type, length: body.length, headers, inner, code: problem };
  }

  async search(token: Bytes | null, q: string, change: Partial<BhttpRequest> = {}): Promise<RawResponse> {
    return this.post(await this.seal(this.request(token, q, change)));
  }
}

function problemOf(body: Bytes): string | null {
  try {
    return (JSON.parse(Buffer.from(body).toString('utf8')) as { code?: string }).code ?? null;
  } catch {
    return null;
  }
}
