import { BHttpDecoder, BHttpEncoder } from 'bhttp-js';
import { decodeRequest, encodeRequest, encodeResponse, type BhttpRequest } from '@sotto/bhttp';
import {
  AEAD,
  decapsulateRequest,
  encapsulateRequest,
  KDF,
  KEM,
  loadGatewayKey,
  type GatewayKey,
} from '@sotto/ohttp';
import { concat, uint, utf8, type Bytes } from '@sotto/wire';
import { coreClient, coreGateway } from '../peers/hpke-core-ohttp.ts';
import { hpkeGateway } from '../peers/hpke-ohttp.ts';
import { counting, type Platform } from '../platform.ts';
import { same, type Row } from '../row.ts';

const SUITE = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
const KEY_ID = 1;
const PRIVATE_KEY = counting(32);
const HDR = concat(uint(1, KEY_ID), uint(2, KEM.X25519), uint(2, SUITE.kdfId), uint(2, SUITE.aeadId));
const NONCE = counting(16);
const KIB = 1024;

const echo = (request: Bytes): Bytes => request;
const content = (length: number): Bytes => Uint8Array.from({ length }, (_, i) => i % 253);

const KEY = { keyId: KEY_ID, kemId: KEM.X25519, privateKey: PRIVATE_KEY, suites: [SUITE] };

type Gateway = (envelope: Bytes, respond: (request: Bytes) => Bytes) => Promise<Bytes>;

/** What all rows share: our gateway, and the peers with the same key. */
interface Contest {
  readonly platform: Platform;
  readonly key: GatewayKey;
  readonly ours: Gateway;
  readonly peers: {
    readonly '@hpke/core': Awaited<ReturnType<typeof coreGateway>>;
    readonly hpke: Awaited<ReturnType<typeof hpkeGateway>>;
  };
}

/** Rows of a gateway that opens envelopes and seals responses, and of a client that does both halves. */
export async function ohttpRows(platform: Platform): Promise<Row[]> {
  const key = await loadGatewayKey(platform.hpke, KEY);
  const contest: Contest = {
    platform,
    key,
    ours: gatewayWith(platform, key),
    peers: {
      '@hpke/core': await coreGateway(PRIVATE_KEY),
      hpke: await hpkeGateway(PRIVATE_KEY, key.config.publicKey),
    },
  };
  return [
    await gatewayRow(contest, 'ohttp.gateway.1k', KIB, '@hpke/core'),
    await gatewayRow(contest, 'ohttp.gateway.1k', KIB, 'hpke'),
    await gatewayRow(contest, 'ohttp.gateway.64k', 64 * KIB, '@hpke/core'),
    await xWingRow(platform),
    await clientRow(contest),
    await wholeRow(contest),
  ];
}

function gatewayWith({ hpke }: Platform, key: GatewayKey): Gateway {
  return async (envelope, respond) => {
    const opened = await decapsulateRequest(hpke, [key], envelope);
    return opened.sealResponse(respond(opened.request), () => NONCE);
  };
}

async function gatewayRow(
  { platform: { hpke, x25519 }, key, ours, peers }: Contest,
  name: string,
  length: number,
  peer: keyof Contest['peers'],
): Promise<Row> {
  const theirs = peers[peer];
  const { encapsulatedRequest } = await encapsulateRequest(
    hpke,
    key.config,
    SUITE,
    content(length),
    counting,
  );
  return compared(name, peer, {
    ours: () => ours(encapsulatedRequest, echo),
    theirs: () => theirs(encapsulatedRequest, echo, NONCE),
    limit: x25519,
    ...(length > KIB && { semiSpace: 1 }),
  });
}

/** The suite that our clients use. */
async function xWingRow(platform: Platform): Promise<Row> {
  const key = await loadGatewayKey(platform.hpke, { ...KEY, kemId: KEM.X_WING });
  const ours = gatewayWith(platform, key);
  const theirs = await coreGateway(PRIVATE_KEY, 'xWing');
  const { encapsulatedRequest } = await encapsulateRequest(
    platform.hpke,
    key.config,
    SUITE,
    content(KIB),
    counting,
  );
  return compared('ohttp.gateway.xwing', '@hpke/core', {
    ours: () => ours(encapsulatedRequest, echo),
    theirs: () => theirs(encapsulatedRequest, echo, NONCE),
  });
}

async function clientRow({ platform: { hpke, x25519 }, key, ours }: Contest): Promise<Row> {
  const body = content(KIB);
  const peer = await coreClient(key.config.publicKey, HDR);
  const sealedForPeer = await ours(await peer.envelope(body), echo);
  const seal = () => encapsulateRequest(hpke, key.config, SUITE, body, counting);
  const sealedByUs = await ours((await seal()).encapsulatedRequest, echo);
  return compared('ohttp.client.1k', '@hpke/core', {
    ours: async () => (await seal()).openResponse(sealedByUs),
    theirs: () => peer.exchange(body, sealedForPeer),
    limit: x25519,
  });
}

const INNER: BhttpRequest = {
  method: 'POST',
  scheme: 'https',
  authority: 'stickers',
  path: '/v1/search',
  fields: [
    ['content-type', 'application/json'],
    ['date', 'Sun, 22 Nov 2026 12:00:00 GMT'],
  ],
  content: utf8('{"q":"happy cat"}'),
  trailers: [],
};

/** Outer bytes to inner fields to response bytes: what a gateway does for one request, without its network. */
async function wholeRow({ platform: { hpke, x25519 }, key, ours, peers }: Contest): Promise<Row> {
  const inner = encodeRequest(INNER);
  const { encapsulatedRequest } = await encapsulateRequest(hpke, key.config, SUITE, inner, counting);
  const body = content(KIB);
  return compared('gateway.whole', '@hpke/core', {
    ours: () => ours(encapsulatedRequest, (request) => ourResponse(request, body)),
    theirs: () => peers['@hpke/core'](encapsulatedRequest, (request) => theirResponse(request, body), NONCE),
    limit: x25519,
  });
}

function ourResponse(request: Bytes, body: Bytes): Bytes {
  const { method, path } = decodeRequest(request);
  if (method !== 'POST' || path !== '/v1/search') throw new Error('the request was not decoded as sent');
  return encodeResponse({
    informational: [],
    status: 200,
    fields: [['content-type', 'application/json']],
    content: body,
    trailers: [],
  });
}

const DECODER = new BHttpDecoder();
const ENCODER = new BHttpEncoder();

async function theirResponse(request: Bytes, body: Bytes): Promise<Bytes> {
  const { method, url } = DECODER.decodeRequest(request);
  if (method !== 'POST' || !url.endsWith('/v1/search')) {
    throw new Error('the request was not decoded as sent');
  }
  const headers = { 'content-type': 'application/json' };
  const response = new Response(body, { status: 200, headers });
  return new Uint8Array(await ENCODER.encodeResponse(response));
}

/** A row whose check is that both sides give the same bytes. */
function compared(
  name: string,
  peer: string,
  run: { ours(): Promise<Bytes>; theirs(): Promise<Bytes>; limit?(): unknown; semiSpace?: number },
): Row {
  return { name, peer, ...run, check: async () => same(await run.ours(), await run.theirs(), name) };
}
