import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encapsulateChunkedRequest } from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { RawExchange, random, type Envelope, type Reachable } from '../support/raw-exchange.ts';

/** How strong an attack is. `npm test` uses a share of what `npm run siege` uses. */
export interface Strength {
  /** Called when the attack begins. It lasts until the promise resolves. */
  readonly lasts: () => Promise<unknown>;
  /** Its size, as a share of the size in the fault table. */
  readonly share: number;
}

/** A prepared attack. Its messages are made before, so that making them takes no time from honest clients. */
export type Attack = () => Promise<void>;

const port = (url: string): number => Number(new URL(url).port);

function socketTo(url: string): Socket {
  const socket = connect(port(url), '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}

/**
 * N01: requests to a service that responds `101 Switching Protocols`. They come through the gateway, as any
 * client could send them, and 25 of them once used up its whole capacity.
 */
export async function switchingProtocols(
  gateway: string,
  relayToken: string,
  parties: Reachable,
  { lasts, share }: Strength,
): Promise<Attack> {
  const raw = await RawExchange.of(parties);
  const count = Math.ceil(600 * share); // more than the gateway's in-flight limit
  const request = raw.request(null, 'cat', { authority: 'switching' });
  const envelopes = await Promise.all(Array.from({ length: count }, () => raw.seal(request)));
  const post = async ({ bytes }: Envelope, signal: AbortSignal): Promise<void> => {
    const headers = { 'content-type': 'message/ohttp-req', authorization: `Bearer ${relayToken}` };
    await fetch(`${gateway}/.well-known/ohttp-gateway`, {
      method: 'POST',
      headers,
      body: bytes,
      signal,
    }).then(
      (response) => response.arrayBuffer(),
      () => null,
    );
  };
  return async () => {
    const ending = new AbortController();
    const posts = envelopes.map((envelope) => post(envelope, ending.signal));
    await lasts();
    ending.abort();
    await Promise.all(posts);
  };
}

/** N02: connections that pipeline many requests and read no response. */
export function pipelines(url: string, { lasts, share }: Strength): Attack {
  const one = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port(url)}\r\n\r\n`;
  const requests = Buffer.from(one.repeat(Math.ceil(150_000 * share)));
  return async () => {
    const sockets = Array.from({ length: Math.ceil(40 * share) }, () => socketTo(url));
    for (const socket of sockets) {
      socket.pause();
      socket.write(requests);
    }
    await lasts();
    for (const socket of sockets) socket.destroy();
  };
}

/** A chunked encapsulated request with a plaintext of this length; no token, and nothing that a service would accept. */
async function chunkedEnvelope({ bundle, config }: RawExchange, length: number): Promise<Buffer> {
  const { kdfId, aeadId } = bundle.suite;
  let left: Uint8Array<ArrayBuffer> | null = new Uint8Array(length);
  const plaintext = async (): Promise<Uint8Array<ArrayBuffer> | null> => {
    const piece = left;
    left = null;
    return piece;
  };
  const sealed = await encapsulateChunkedRequest(nodeHpke(), config, { kdfId, aeadId }, random, plaintext);
  const pieces: Uint8Array[] = [];
  for (let piece = await sealed.body(); piece !== null; piece = await sealed.body()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** N03: chunked envelopes that stop before their last byte, without a token, sent again when they are cut off. */
export async function stoppedEnvelopes(
  relay: string,
  parties: Reachable,
  { lasts, share }: Strength,
): Promise<Attack> {
  const raw = await RawExchange.of(parties);
  const body = await chunkedEnvelope(raw, (1 << 20) - 8192); // 24 of them fill the gateway's 24 MiB
  const head = `POST /ohttp HTTP/1.1\r\nHost: 127.0.0.1:${port(relay)}\r\nContent-Type: message/ohttp-chunked-req\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const state = { over: false };
  const lane = async (end: Promise<unknown>): Promise<void> => {
    while (!state.over) {
      const socket = socketTo(relay);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.resume();
      socket.write(head);
      socket.write(`${body.length.toString(16)}\r\n`);
      socket.write(body.subarray(0, -1)); // the last byte never comes
      await Promise.race([closed, end]);
      socket.destroy();
      await sleep(100);
    }
  };
  return async () => {
    const end = lasts();
    const lanes = Array.from({ length: Math.ceil(24 * share) }, () => lane(end));
    await end;
    state.over = true;
    await Promise.all(lanes);
  };
}
