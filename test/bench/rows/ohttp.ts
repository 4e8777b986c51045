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

/** Envelopes opened and answers sealed by the gateway, and both halves of a client. */
export async function ohttpRows({ hpke, x25519 }: Platform): Promise<Row[]> {
  const privateKey = { keyId: KEY_ID, kemId: KEM.X25519, privateKey: PRIVATE_KEY, suites: [SUITE] };
  const key = await loadGatewayKey(hpke, privateKey);
  const peers = {
    '@hpke/core': await coreGateway(PRIVATE_KEY),
    hpke: await hpkeGateway(PRIVATE_KEY, key.config.publicKey),
  };
  const ours = ourGateway(key);

  function ourGateway(of: GatewayKey) {
    return async (envelope: Bytes, answer: (request: Bytes) => Bytes): Promise<Bytes> => {
      const opened = await decapsulateRequest(hpke, [of], envelope);
      return opened.sealResponse(answer(opened.request), () => NONCE);
    };
  }

  async function gatewayRow(name: string, length: number, peer: keyof typeof peers): Promise<Row> {
    const body = content(length);
    const theirs = peers[peer];
    const { encapsulatedRequest } = await encapsulateRequest(hpke, key.config, SUITE, body, counting);
    return {
      name,
      peer,
      ours: () => ours(encapsulatedRequest, echo),
      theirs: () => theirs(encapsulatedRequest, echo, NONCE),
      limit: x25519,
      check: async () =>
        same(await ours(encapsulatedRequest, echo), await theirs(encapsulatedRequest, echo, NONCE), name),
    };
  }

  /** The suite that our clients use. */
  async function xWingRow(): Promise<Row> {
    const name = 'ohttp.gateway.xwing';
    const body = content(KIB);
    const xWing = await loadGatewayKey(hpke, { ...privateKey, kemId: KEM.X_WING });
    const ourXWing = ourGateway(xWing);
    const theirXWing = await coreGateway(PRIVATE_KEY, 'xWing');
    const { encapsulatedRequest } = await encapsulateRequest(hpke, xWing.config, SUITE, body, counting);
    return {
      name,
      peer: '@hpke/core',
      ours: () => ourXWing(encapsulatedRequest, echo),
      theirs: () => theirXWing(encapsulatedRequest, echo, NONCE),
      check: async () =>
        same(
          await ourXWing(encapsulatedRequest, echo),
          await theirXWing(encapsulatedRequest, echo, NONCE),
          name,
        ),
    };
  }

  async function clientRow(): Promise<Row> {
    const name = 'ohttp.client.1k';
    const body = content(KIB);
    const peer = await coreClient(key.config.publicKey, HDR);
    const peersAnswer = await ours(await peer.envelope(body), echo);
    const seal = () => encapsulateRequest(hpke, key.config, SUITE, body, counting);
    const ourAnswer = await ours((await seal()).encapsulatedRequest, echo);
    const exchange = async (): Promise<Bytes> => (await seal()).openResponse(ourAnswer);
    return {
      name,
      peer: '@hpke/core',
      ours: exchange,
      theirs: () => peer.exchange(body, peersAnswer),
      limit: x25519,
      check: async () => same(await exchange(), await peer.exchange(body, peersAnswer), name),
    };
  }

  /** Outer bytes to inner fields to answer bytes: what a gateway does to one request without its network. */
  async function wholeRow(): Promise<Row> {
    const name = 'gateway.whole';
    const inner: BhttpRequest = {
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
    const answerBody = content(KIB);
    const { encapsulatedRequest } = await encapsulateRequest(
      hpke,
      key.config,
      SUITE,
      encodeRequest(inner),
      counting,
    );
    const ourAnswer = (request: Bytes): Bytes => {
      const { method, path } = decodeRequest(request);
      if (method !== 'POST' || path !== '/v1/search') throw new Error('lost on the way');
      return encodeResponse({
        informational: [],
        status: 200,
        fields: [['content-type', 'application/json']],
        content: answerBody,
        trailers: [],
      });
    };
    const decoder = new BHttpDecoder();
    const encoder = new BHttpEncoder();
    const theirAnswer = async (request: Bytes): Promise<Bytes> => {
      const { method, url } = decoder.decodeRequest(request);
      if (method !== 'POST' || !url.endsWith('/v1/search')) throw new Error('lost on the way');
      const headers = { 'content-type': 'application/json' };
      const response = new Response(answerBody, { status: 200, headers });
      return new Uint8Array(await encoder.encodeResponse(response));
    };
    return {
      name,
      peer: '@hpke/core',
      ours: () => ours(encapsulatedRequest, ourAnswer),
      theirs: () => peers['@hpke/core'](encapsulatedRequest, theirAnswer, NONCE),
      limit: x25519,
      check: async () =>
        same(
          await ours(encapsulatedRequest, ourAnswer),
          await peers['@hpke/core'](encapsulatedRequest, theirAnswer, NONCE),
          name,
        ),
    };
  }

  return [
    await gatewayRow('ohttp.gateway.1k', KIB, '@hpke/core'),
    await gatewayRow('ohttp.gateway.1k', KIB, 'hpke'),
    await gatewayRow('ohttp.gateway.64k', 64 * KIB, '@hpke/core'),
    await xWingRow(),
    await clientRow(),
    await wholeRow(),
  ];
}
