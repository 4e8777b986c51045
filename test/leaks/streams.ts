import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSuite } from '../../services/local/src/suite.ts';
import type { Fetch } from '@sotto/client';
import { streamedUpload } from '@sotto/client/node';
import { clientOf } from '../support/clients.ts';
import { streamRow } from '../support/streaming-service.ts';
import { Channels, type Channel } from './bits.ts';
const FLUSH_MS = 20; // of responses; requests are flushed every 100 ms
const WORD_MS = 10; // between two words of a response
const SPOKEN_MS = 40; // between two words of a request
const TEXTS = 16; // with one empty response, a whole response reveals 4.1 bits

/** Each text has its own number of words, and its own length of words. */
const wordsOf = (i: number): string[] =>
  Array.from({ length: 4 + 2 * i }, () => 'w'.repeat(2 + ((i * 7) % 11)));

/** A service that sends its texts word by word, as a translation does, and takes any text. */
async function translator(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    const i = Number(request.url?.slice('/v1/'.length));
    const isText = request.method === 'GET' && i < TEXTS;
    const send = async (): Promise<void> => {
      response.writeHead(isText ? 200 : 404, { 'content-type': 'text/plain' });
      for (const word of isText ? wordsOf(i) : []) {
        response.write(`${word} `);
        await sleep(WORD_MS);
      }
      response.end();
    };
    if (request.method === 'GET') void send();
    else request.once('end', () => void send());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Text i at the pace of speech. */
function spoken(i: number): ReadableStream<Uint8Array> {
  const words = wordsOf(i);
  return new ReadableStream({
    async pull(controller) {
      await sleep(SPOKEN_MS);
      const word = words.shift();
      if (word === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(`${word} `));
    },
  });
}

/** Records the pieces of a body as they pass. */
function watched(
  body: ReadableStream<Uint8Array>,
  { channels, name, gridMs }: { readonly channels: Channels; readonly name: string; readonly gridMs: number },
): ReadableStream<Uint8Array> {
  const sizes: number[] = [];
  const times: number[] = [];
  let first: number | null = null;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        const now = performance.now();
        first ??= now;
        sizes.push(piece.length);
        times.push(Math.round((now - first) / gridMs));
        controller.enqueue(piece);
      },
      flush() {
        channels.add(
          `${name}.length`,
          sizes.reduce((sum, size) => sum + size, 0),
        );
        channels.add(`${name}.pieces`, sizes.join(' '));
        channels.add(`${name}.times`, times.join(' '));
      },
    }),
  );
}

/** Observes as the network does. */
const observed =
  (channels: Channels): Fetch =>
  async (url, init) => {
    if (!url.endsWith('/ohttp')) return fetch(url, init);
    const body = init.body ?? new Uint8Array(0);
    if (!(body instanceof Uint8Array)) {
      const upload = { channels, name: 'stream.request', gridMs: 100 };
      return fetch(url, { ...init, body: watched(body, upload) });
    }
    const { status, headers, body: answer } = await fetch(url, init);
    channels.add('stream.whole-request.length', body.length);
    channels.add('stream.status', status);
    const response = { channels, name: 'stream.response', gridMs: FLUSH_MS };
    return new Response(answer && watched(answer, response), { status, headers });
  };

/**
 * Reads every text of a streaming service once, and one that does not exist, and returns how many of 4.1 bits
 * the total length and the sizes and times of pieces reveal to the network. Then it sends every text at the
 * pace of speech, and returns the same of 4 bits.
 */
export async function measureStreams(): Promise<Channel[]> {
  const channels = new Channels();
  const service = await translator();
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const row = {
    requestLength: 2048, // on a busy machine each word is a piece of its own, with 20 bytes beside it
    responseLength: 16_384,
    stream: { flushMs: FLUSH_MS, requests: true },
  };
  const suite = await startSuite({
    vars: { gateway: { SERVICES: JSON.stringify([streamRow('words', url, row)]) } },
  });
  try {
    const client = clientOf(suite, 'reader', { fetch: observed(channels), upload: streamedUpload });
    for (let i = 0; i <= TEXTS; i++) await (await client.fetch(`https://words/v1/${i}`)).text();
    const speaking = Array.from({ length: TEXTS }, async (_, i) => {
      const response = await client.fetch('https://words/v1/spoken', { body: spoken(i), duplex: 'half' });
      await response.text();
    });
    await Promise.all(speaking);
  } finally {
    await suite.dispose();
    service.close();
  }
  return channels.report();
}
