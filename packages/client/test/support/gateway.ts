import { decodeRequest, encodeResponse, type BhttpRequest, type Field } from '@sotto/bhttp';
import {
  AEAD,
  decapsulateRequest,
  encodeKeyConfigs,
  KDF,
  KEM,
  loadGatewayKey,
  MEDIA_TYPES,
  OhttpError,
  type GatewayKey,
} from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import { parseAuthorization } from '@sotto/privacypass';
import { encodeStickerPage, PAGE_TYPE } from '@sotto/sticker-search/response';
import { fromBase64, hex, utf8, type Bytes, type Random } from '@sotto/wire';
import { problem, type TestIssuer } from './issuer.ts';

export const OHTTP_KEY = 'https://iana.org/assignments/http-problem-types#ohttp-key';
const SUITES = [{ kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM }];
export const SUITE = { kemId: KEM.X_WING, kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
export const LENGTHS = { requestLength: 1024, responseLength: 4096, streams: false, streamsRequests: false };

interface Inner {
  readonly status: number;
  readonly type?: string;
  readonly content: Bytes;
  readonly fields?: readonly Field[];
}

/** A gateway in one object: opens requests, redeems tokens, calls `service`, pads and seals responses. */
export class TestGateway {
  readonly hpke = nobleHpke();
  readonly seen: BhttpRequest[] = [];
  readonly envelopes: Bytes[] = [];
  keys: GatewayKey[] = [];
  responseLength = LENGTHS.responseLength;
  /** The gateway's refusal of the next requests, before a token is spent. */
  refuse: (request: BhttpRequest) => Inner | null = () => null;
  service: (request: BhttpRequest) => Inner | Promise<Inner> = () =>
    found({ results: [sticker('1', 'happy cat')], next: null });
  readonly #random: Random;
  readonly #issuer: TestIssuer;

  constructor(random: Random, issuer: TestIssuer) {
    this.#random = random;
    this.#issuer = issuer;
  }

  async newKey(keyId: number): Promise<void> {
    const { X_WING: kemId } = KEM;
    const kem = this.hpke.kems.find(({ id }) => id === kemId);
    if (kem === undefined) throw new Error('no X-Wing');
    const { privateKey } = await kem.generate(this.#random);
    this.keys = [await loadGatewayKey(this.hpke, { keyId, kemId, privateKey, suites: SUITES })];
  }

  get keyConfigs(): Bytes {
    return encodeKeyConfigs(this.keys.map(({ config }) => config));
  }

  async handle(body: Bytes): Promise<{ status: number; type: string; body: Bytes }> {
    this.envelopes.push(body);
    let opened;
    try {
      opened = await decapsulateRequest(this.hpke, this.keys, body);
    } catch (error) {
      const key = error instanceof OhttpError && error.code === 'unknown-key-id';
      return key ? problem(400, 'ohttp-key', OHTTP_KEY) : problem(422, 'unprocessable-content');
    }
    const request = decodeRequest(opened.request);
    this.seen.push(request);
    const { status, content, type = 'application/json', fields = [] } = await this.#answer(request);
    const response = {
      informational: [],
      status,
      fields: [['content-type', type] as const, ...fields],
      content,
      trailers: [],
    };
    const padded = encodeResponse(response, { length: this.responseLength });
    return {
      status: 200,
      type: MEDIA_TYPES.response,
      body: await opened.sealResponse(padded, this.#random),
    };
  }

  async #answer(request: BhttpRequest): Promise<Inner> {
    const refused = this.refuse(request);
    if (refused !== null) return refused;
    const authorization = field(request, 'authorization');
    const tag = request.path + hex(request.content);
    const outcome = await this.#issuer.redeem(parseAuthorization(authorization), tag);
    if (outcome === 'spent') return inner(409, 'spent');
    if (outcome === 'invalid') return inner(401, 'token-invalid');
    return this.service(request);
  }
}

export const field = ({ fields }: BhttpRequest, name: string): string =>
  fields.find(([is]) => is === name)?.[1] ?? '';

export const json = (value: unknown, status = 200): Inner => ({
  status,
  content: utf8(JSON.stringify(value)),
});

interface FoundPage {
  readonly results: readonly {
    readonly [member: string]: unknown;
    readonly art?: { readonly type: string; readonly data: string };
  }[];
  readonly next?: string | null;
}

/** A response to a search. */
export const found = ({ results, ...more }: FoundPage): Inner => ({
  status: 200,
  type: PAGE_TYPE,
  content: encodeStickerPage({
    page: utf8(
      JSON.stringify({
        results: results.map((one) => ({ ...one, ...(one.art && { art: { type: one.art.type } }) })),
        ...more,
      }),
    ),
    images: results.map(({ art }) =>
      art?.type === 'image/webp' ? fromBase64(art.data) : utf8(art?.data ?? ''),
    ),
  }),
});

/** A problem of the gateway, inside the envelope. */
export function inner(status: number, code: string, fields: readonly Field[] = []): Inner {
  const { type, body } = problem(status, code);
  return { status, type, content: body, fields: [['proxy-status', 'sotto-gateway'], ...fields] };
}

export const sticker = (id: string, name: string) => ({
  id,
  name,
  emoji: '🐱',
  pack: 'core',
  matched: null,
  art: { type: 'image/svg+xml', data: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
});
