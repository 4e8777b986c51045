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
import { base64url, concat, utf8, type Bytes, type Random } from '@sotto/wire';

const DAY = 86_400; // seconds
const LENGTH = 4096; // bytes of every response
const SUITE = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
const OHTTP_KEY = 'https://iana.org/assignments/http-problem-types#ohttp-key';
const KEYS_PATH = '/.well-known/ohttp-gateway';

export const NOW = 20_000 * DAY + 1000;
export const RELAY = 'https://relay.example';
export const GATEWAY = 'https://gateway.example';
/** A target that the gateway admits: `/` responds, and other paths are 404. */
export const TARGET = 'https://target.example/';

/** An issuer's directory without a key, whose requests go to this path. */
export const directoryAt = (path: string): string =>
  JSON.stringify({ 'issuer-request-uri': `https://issuer.example${path}`, 'token-keys': [] });

const random = (length: number): Bytes => new Uint8Array(randomBytes(length));
const rootSecret = random(32);
export const ROOT = base64url(rootPublicKey(rootSecret));

/** The differences between a deployment and an honest one: one member for each fault. */
export interface Faults {
  /** Header fields of the client's request that the relay forwards besides the envelope. */
  readonly passesOn?: (headers: Headers) => Record<string, string>;
  readonly relay?: (request: Request, honest: () => Promise<Response>) => Promise<Response> | Response;
  /** The bundle's sequence and directory, by the number of the fetch. */
  readonly bundle?: (fetch: number) => { readonly directory?: string; readonly sequence?: number };
  readonly responseLength?: (request: BhttpRequest | null) => number;
  readonly inner?: (request: BhttpRequest | null, honest: Inner) => Inner;
  /** Whether the gateway treats these bytes as not being a Binary HTTP request. */
  readonly malformed?: (message: Bytes) => boolean;
  /** The response to an envelope that cannot be opened. */
  readonly outer?: (code: string, honest: Response, envelope: Bytes) => Response;
  /** The response to an envelope that was opened. */
  readonly opened?: (request: BhttpRequest | null, sealed: Response) => Response;
  /** Changes a chunked envelope before it is opened. */
  readonly chunks?: (envelope: Bytes) => Bytes;
  readonly answersBrokenChunks?: (code: string, message: string) => boolean;
  readonly nonces?: Random;
  /** Milliseconds that a request takes. */
  readonly delay?: (request: BhttpRequest | null) => number;
  /** The collection of keys in the bundle and at the gateway, or at the gateway alone. */
  readonly collection?: (collection: Bytes) => Bytes;
  readonly served?: (collection: Bytes) => Bytes;
  readonly plainHttp?: true;
  readonly badSignature?: true;
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
): Promise<{ fetch: typeof fetch; requests: () => number; clock: () => number }> {
  const hpke = nodeHpke();
  const kem = hpke.kems.find(({ id }) => id === KEM.X25519);
  if (kem === undefined) throw new Error('no X25519');
  const { privateKey } = await kem.generate(random);
  const key = await loadGatewayKey(hpke, { keyId: 7, kemId: KEM.X25519, privateKey, suites: [SUITE] });
  const seen = new Set<string>();
  let bundles = 0;
  let requests = 0;
  let clock = 0; // milliseconds
  const pass = (request: BhttpRequest | null): void => void (clock += faults.delay?.(request) ?? 1);

  const gateway = (request: Request): Promise<Response> =>
    serveGateway(request, key, { ...faults, pass }, seen, hpke);
  const relay = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    if (search !== '') return problem(404, 'not-found');
    if (pathname === '/bundle') return bundleOf(key, faults, faults.bundle?.(bundles++) ?? {});
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
    clock: () => clock,
    fetch: async (input, init) => {
      requests++;
      const request = new Request(
        faults.plainHttp ? (input as string).replace(/^http:/, 'https:') : input,
        init,
      );
      if (request.url.startsWith('http:')) throw new TypeError('fetch failed');
      if (request.url.startsWith(GATEWAY)) {
        return faults.gateway?.(request, () => gateway(request)) ?? gateway(request);
      }
      return faults.relay?.(request, () => relay(request)) ?? relay(request);
    },
  };
}

function bundleOf(
  key: GatewayKey,
  { collection = (keys) => keys, badSignature }: Faults,
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
    keyConfigs: collection(encodeKeyConfigs([key.config])),
    directory: utf8(directory),
    services: [
      {
        name: 'stickers',
        tokenType: 0,
        challenge: new Uint8Array(0),
        requestLength: 1024,
        responseLength: LENGTH,
        streams: false,
        streamsRequests: false,
      },
    ],
    nextRoot: new Uint8Array(0),
    extension: null,
  });
  const headers = { 'content-type': BUNDLE_TYPE, 'cache-control': 'public, max-age=60' };
  return new Response(
    encodeSignedBundle({
      bundle,
      signature: signBundle(bundle, badSignature ? new Uint8Array(32).fill(1) : rootSecret),
    }),
    { headers },
  );
}

async function serveGateway(
  request: Request,
  key: GatewayKey,
  faults: Faults & { readonly pass: (request: BhttpRequest | null) => void },
  seen: Set<string>,
  hpke: ReturnType<typeof nodeHpke>,
): Promise<Response> {
  if (request.method === 'GET') {
    const keys = (faults.collection ?? asIs)(encodeKeyConfigs([key.config]));
    return new Response((faults.served ?? asIs)(keys), { headers: { 'content-type': MEDIA_TYPES.keys } });
  }
  if (request.headers.get('authorization') !== 'Bearer the-credential') return problem(401, 'unauthorized');
  const body = new Uint8Array(await request.arrayBuffer());
  const chunked = request.headers.get('content-type') === MEDIA_TYPES.chunkedRequest;
  try {
    if (chunked) return await answerChunked(hpke, key, body, request.headers, faults);
    const opened = await decapsulateRequest(hpke, [key], body);
    const again = seen.has(base64url(opened.enc)) && faults.remembersEnvelopes !== false;
    seen.add(base64url(opened.enc));
    const asked = decoded(opened.request, faults);
    faults.pass(asked);
    const answer = encode(asked, request.headers, faults, again);
    const response = sealed(await opened.sealResponse(answer, faults.nonces ?? random), MEDIA_TYPES.response);
    return faults.opened?.(asked, response) ?? response;
  } catch (error) {
    if (!(error instanceof OhttpError)) throw error;
    const aboutKey = ['unknown-key-id', 'unsupported-kem', 'unsupported-suite'].includes(error.code);
    const honest = aboutKey ? problem(400, 'ohttp-key', OHTTP_KEY) : problem(422, 'unprocessable-content');
    return faults.outer?.(error.code, honest, body) ?? honest;
  }
}

async function answerChunked(
  hpke: ReturnType<typeof nodeHpke>,
  key: GatewayKey,
  body: Bytes,
  headers: Headers,
  faults: Faults,
) {
  const source = [(faults.chunks ?? asIs)(body)];
  const opened = await decapsulateChunkedRequest(hpke, [key], async () => source.shift() ?? null);
  const chunks: Bytes[] = [];
  try {
    for (let chunk = await opened.request(); chunk !== null; chunk = await opened.request())
      chunks.push(chunk);
  } catch (error) {
    const { code, message } = error as OhttpError;
    if (faults.answersBrokenChunks?.(code, message) !== true) throw error;
  }
  const asked = decoded(concat(...chunks), faults);
  const answer = [encode(asked, headers, faults, false)];
  const pull = opened.sealResponse(async () => answer.shift() ?? null, faults.nonces ?? random);
  const out: Bytes[] = [];
  for (let chunk = await pull(); chunk !== null; chunk = await pull()) out.push(chunk);
  const response = sealed(concat(...out), MEDIA_TYPES.chunkedResponse);
  return faults.opened?.(asked, response) ?? response;
}

const asIs = (bytes: Bytes): Bytes => bytes;

const sealed = (body: Bytes, type: string): Response =>
  new Response(body, { headers: { 'content-type': type, 'cache-control': 'no-store' } });

/** The request of a message; null if it is malformed. */
function decoded(message: Bytes, { malformed }: Faults): BhttpRequest | null {
  if (malformed?.(message) === true) return null;
  try {
    return decodeRequest(message);
  } catch {
    return null;
  }
}

function encode(request: BhttpRequest | null, outer: Headers, faults: Faults, again: boolean): Bytes {
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
  const authority = request.authority || request.fields.find(([name]) => name === 'host')?.[1];
  if (authority !== 'stickers' && authority !== 'target.example')
    return { status: 403, content: 'forbidden' };
  if (!request.fields.some(([name]) => name === 'date')) return { status: 400, content: 'date' };
  if (authority === 'target.example') return { status: request.path === '/' ? 200 : 404, content: 'target' };
  return { status: 401, content: 'token-required' };
}
