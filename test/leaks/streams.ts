import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSuite } from '../../services/local/src/suite.ts';
import type { Fetch } from '@sotto/client';
import { clientOf } from '../support/clients.ts';
import { streamRow } from '../support/streaming-service.ts';
import { Channels, type Channel } from './bits.ts';

/** Channels that tell something by design: the relay sees the pieces of a stream. */
export const PIECES: ReadonlySet<string> = new Set(['stream.pieces', 'stream.times']);

const FLUSH_MS = 20;
const WORD_MS = 10; // between two words of the service
const TEXTS = 16; // and one answer that is none: a whole response tells 4.1 bits

/** Text i: a number of words, and a length of words, of its own. */
const wordsOf = (i: number): string[] =>
  Array.from({ length: 4 + 2 * i }, () => 'w'.repeat(2 + ((i * 7) % 11)));

/** A service that sends its texts word by word, as a translation does. */
async function translator(): Promise<Server> {
  const server = createServer((request, response) => {
    const i = Number(request.url?.slice('/v1/'.length));
    response.writeHead(i < TEXTS ? 200 : 404, { 'content-type': 'text/plain' });
    const send = async (): Promise<void> => {
      for (const word of i < TEXTS ? wordsOf(i) : []) {
        response.write(`${word} `);
        await sleep(WORD_MS);
      }
      response.end();
    };
    void send();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Stands where the network stands, and notes the pieces of each response as they pass. */
const observed =
  (channels: Channels): Fetch =>
  async (url, init) => {
    const { status, headers, body } = await fetch(url, init);
    const answer = new Response(body, { status, headers });
    if (!url.endsWith('/ohttp') || answer.body === null) return answer;
    const sizes: number[] = [];
    const times: number[] = [];
    let first: number | null = null;
    const watched = answer.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, controller) {
          const now = performance.now();
          first ??= now;
          sizes.push(piece.length);
          times.push(Math.round((now - first) / FLUSH_MS));
          controller.enqueue(piece);
        },
        flush() {
          channels.add('stream.request.length', init.body?.length ?? 0);
          channels.add('stream.status', status);
          channels.add(
            'stream.response.length',
            sizes.reduce((sum, size) => sum + size, 0),
          );
          channels.add('stream.pieces', sizes.join(' '));
          channels.add('stream.times', times.join(' '));
        },
      }),
    );
    return new Response(watched, { status, headers });
  };

/**
 * Reads every text of a streaming service once, and one that does not exist, and says how many of 4.1 bits the network is
 * told by the total length, and by sizes and times of pieces.
 */
export async function measureStreams(): Promise<Channel[]> {
  const channels = new Channels();
  const service = await translator();
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const lengths = { requestLength: 1024, responseLength: 16_384, stream: { flushMs: FLUSH_MS } };
  const suite = await startSuite({
    vars: { gateway: { SERVICES: JSON.stringify([streamRow('words', url, lengths)]) } },
  });
  try {
    const client = clientOf(suite, 'reader', { fetch: observed(channels) });
    for (let i = 0; i <= TEXTS; i++) await (await client.fetch(`https://words/v1/${i}`)).text();
  } finally {
    await suite.dispose();
    service.close();
  }
  return channels.report();
}
