import { createHash, randomBytes } from 'node:crypto';
import { decodeRequest, encodeResponse, type BhttpRequest, type BhttpResponse } from '@sotto/bhttp';
import { BUNDLE_TYPE, encodeBundle, encodeSignedBundle, rootPublicKey, signBundle } from '@sotto/bundle';
import {
  AEAD,
  decapsulateChunkedRequest,
  decapsulateRequest,
  encodeKeyConfigs,
  KDF,
  KEM,
  loadGatewayKey,
  MEDIA_TYPES,
  OhttpError,
  type GatewayKey,
} from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { base64url, concat, utf8, type Bytes } from '@sotto/wire';

const DAY = 86_400; // seconds
const LENGTH = 4096; // bytes of every answer
const SUITE = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
const OHTTP_KEY = 'https://iana.org/assignments/http-problem-types#ohttp-key';
const KEYS_PATH = '/.well-known/ohttp-gateway';

export const NOW = 20_000 * DAY + 1000;
export const RELAY = 'https://relay.example';
export const GATEWAY = 'https://gateway.example';

/** An issuer's directory without a key, whose requests go to this path. */
export const directoryAt = (path: string): string =>
  JSON.stringify({ 'issuer-request-uri': `https://issuer.example${path}`, 'token-keys': [] });

const random = (length: number): Bytes => new Uint8Array(randomBytes(length));
const rootSecret = random(32);
export const ROOT = base64url(rootPublicKey(rootSecret));

/** How a deployment differs from an honest one: one fault a member. */
export interface Faults {
  /** What the relay sends on beside the envelope, of the client's request. */
  readonly passesOn?: (headers: Headers) => Record<string, string>;
  readonly relay?: (request: Request, honest: () => Promise<Response>) => Promise<Response> | Response;
  /** The bundle's sequence and directory, by the number of the fetch. */
  readonly bundle?: (fetch: number) => { readonly directory?: string; readonly sequence?: number };
  readonly responseLength?: (request: BhttpRequest | null) => number;
  readonly inner?: (request: BhttpRequest | null, honest: Inner) => Inner;
  readonly outer?: (code: string, honest: Response) => Response;
  readonly gateway?: (request: Request, honest: () => Promise<Response>) => Promise<Response> | Response;
  readonly metadata?: boolean;
  readonly remembersEnvelopes?: boolean;
}
interface Inner {
  readonly status: number;
  readonly content: string;
}

const problem = (status: number, code: string, type = 'about:blank'): Response =>
  new Response(JSON.stringify({ type, status, code }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    },
  });

/** A relay and a gateway behind one fetch, as a probe sees them from outside. */
export async function deployment(
  faults: Faults = {},
): Promise<{ fetch: typeof fetch; requests: () => number }> {
  const hpke = nodeHpke();
  const kem = hpke.kems.find(({ id }) => id === KEM.X25519);
  if (kem === undefined) throw new Error('no X25519');
  const { privateKey } = await kem.generate(random);
  const key = await loadGatewayKey(hpke, { keyId: 7, kemId: KEM.X25519, privateKey, suites: [SUITE] });
  const seen = new Set<string>();
  let bundles = 0;
  let requests = 0;

  const gateway = (request: Request): Promise<Response> => serveGateway(request, key, faults, seen, hpke);
  const relay = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    if (search !== '') return problem(404, 'not-found');
    if (pathname === '/bundle') return bundleOf(key, faults.bundle?.(bundles++) ?? {});
    if (pathname !== '/ohttp') return problem(404, 'not-found');
    if (request.method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: { 'access-control-allow-origin': '*' } });
    }
    if (request.method !== 'POST') return problem(405, 'method-not-allowed');
    const type = request.headers.get('content-type') ?? '';
    if (type !== MEDIA_TYPES.request && type !== MEDIA_TYPES.chunkedRequest)
      return problem(415, 'unsupported-media-type');
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length < 55) return problem(400, 'bad-request');
    const headers = {
      'content-type': type,
      'content-length': `${body.length}`,
      authorization: 'Bearer the-credential',
      ...faults.passesOn?.(request.headers),
    };
    const init = { method: 'POST', body, headers };
    return gateway(new Request(GATEWAY + KEYS_PATH, init));
  };
  return {
    requests: () => requests,
    fetch: async (input, init) => {
      requests++;
      const request = new Request(input, init);
      if (request.url.startsWith(GATEWAY)) {
        return faults.gateway?.(request, () => gateway(request)) ?? gateway(request);
      }
      return faults.relay?.(request, () => relay(request)) ?? relay(request);
    },
  };
}

function bundleOf(
  key: GatewayKey,
  {
    directory = directoryAt('/token-request'),
    sequence = NOW / DAY,
  }: { directory?: string; sequence?: number },
) {
  const epoch = Math.floor(sequence);
  const bundle = encodeBundle({
    sequence: epoch,
    notBefore: epoch * DAY,
    notAfter: (epoch + 2) * DAY,
    suite: { kemId: KEM.X25519, ...SUITE },
    keyConfigs: encodeKeyConfigs([key.config]),
    directory: utf8(directory),
    services: [
      {
        name: 'stickers',
        tokenType: 0,
        challenge: new Uint8Array(0),
        requestLength: 1024,
        responseLength: LENGTH,
        streams: false,
      },
    ],
    nextRoot: new Uint8Array(0),
    extension: null,
  });
  const headers = { 'content-type': BUNDLE_TYPE, 'cache-control': 'public, max-age=60' };
  return new Response(encodeSignedBundle({ bundle, signature: signBundle(bundle, rootSecret) }), { headers });
}

async function serveGateway(
  request: Request,
  key: GatewayKey,
  faults: Faults,
  seen: Set<string>,
  hpke: ReturnType<typeof nodeHpke>,
): Promise<Response> {
  if (request.method === 'GET') {
    return new Response(encodeKeyConfigs([key.config]), { headers: { 'content-type': MEDIA_TYPES.keys } });
  }
  if (request.headers.get('authorization') !== 'Bearer the-credential') return problem(401, 'unauthorized');
  const body = new Uint8Array(await request.arrayBuffer());
  const chunked = request.headers.get('content-type') === MEDIA_TYPES.chunkedRequest;
  try {
    if (chunked) return await answerChunked(hpke, key, body, request.headers, faults);
    const opened = await decapsulateRequest(hpke, [key], body);
    const again = seen.has(base64url(opened.enc)) && faults.remembersEnvelopes !== false;
    seen.add(base64url(opened.enc));
    const answer = encode(opened.request, request.headers, faults, again);
    return sealed(await opened.sealResponse(answer, random), MEDIA_TYPES.response);
  } catch (error) {
    if (!(error instanceof OhttpError)) throw error;
    const aboutKey = ['unknown-key-id', 'unsupported-kem', 'unsupported-suite'].includes(error.code);
    const honest = aboutKey ? problem(400, 'ohttp-key', OHTTP_KEY) : problem(422, 'unprocessable-content');
    return faults.outer?.(error.code, honest) ?? honest;
  }
}

async function answerChunked(
  hpke: ReturnType<typeof nodeHpke>,
  key: GatewayKey,
  body: Bytes,
  headers: Headers,
  faults: Faults,
) {
  const source = [body];
  const opened = await decapsulateChunkedRequest(hpke, [key], async () => source.shift() ?? null);
  const chunks: Bytes[] = [];
  for (let chunk = await opened.request(); chunk !== null; chunk = await opened.request()) chunks.push(chunk);
  const answer = [encode(concat(...chunks), headers, faults, false)];
  const pull = opened.sealResponse(async () => answer.shift() ?? null, random);
  const out: Bytes[] = [];
  for (let chunk = await pull(); chunk !== null; chunk = await pull()) out.push(chunk);
  return sealed(concat(...out), MEDIA_TYPES.chunkedResponse);
}

const sealed = (body: Bytes, type: string): Response =>
  new Response(body, { headers: { 'content-type': type, 'cache-control': 'no-store' } });

function encode(message: Bytes, outer: Headers, faults: Faults, again: boolean): Bytes {
  let request: BhttpRequest | null = null;
  try {
    request = decodeRequest(message);
  } catch {
    // a bad request
  }
  const honest = again ? { status: 409, content: 'replayed' } : insideOf(request, outer, faults);
  const { status, content } = faults.inner?.(request, honest) ?? honest;
  const response: BhttpResponse = {
    informational: [],
    status,
    fields: [['content-type', 'application/json']],
    content: utf8(content),
    trailers: [],
  };
  return encodeResponse(response, { length: faults.responseLength?.(request) ?? LENGTH });
}

function insideOf(request: BhttpRequest | null, outer: Headers, { metadata = true }: Faults): Inner {
  if (request === null) return { status: 400, content: 'bad-request' };
  if (request.fields.some(([name]) => name === 'expect'))
    return { status: 417, content: 'expectation-failed' };
  if (request.authority === 'sotto-metadata' && metadata) {
    const headers = [...outer].map(([name, value]) =>
      name === 'authorization'
        ? { name }
        : { name, sha256: createHash('sha256').update(value).digest('hex') },
    );
    return { status: 200, content: JSON.stringify({ headers }) };
  }
  if (request.authority !== 'stickers') return { status: 403, content: 'forbidden' };
  if (!request.fields.some(([name]) => name === 'date')) return { status: 400, content: 'date' };
  return { status: 401, content: 'token-required' };
}
