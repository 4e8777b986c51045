import { request as httpRequest } from 'node:http';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bytes } from '@sotto/wire';
import type { Client } from '@sotto/client';
import { nodeHpke } from '@sotto/ohttp/node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { clientOf } from '../support/clients.ts';
import { RawExchange } from '../support/raw-exchange.ts';

const USERS = 100;
const AT_ONCE = 10; // issuances; the issuer's bounded queue refuses more

let suite: Suite;
let raw: RawExchange;
let issued: Bytes[][];

beforeAll(async () => {
  const services = [{ name: 'stickers', types: [5], batch: [2, 30], quota: { default: 600 } }];
  suite = await startSuite({ vars: { issuer: { SERVICES: JSON.stringify(services) } } });
  raw = await RawExchange.of(suite);
  issued = await issueForAll();
});
afterAll(() => suite.dispose());

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
const users = Array.from({ length: USERS }, (_, i) => `user ${i}`);

/** Two tokens for each of a hundred accounts. */
async function issueForAll(): Promise<Bytes[][]> {
  const tokens: Bytes[][] = [];
  for (let from = 0; from < USERS; from += AT_ONCE) {
    const some = users.slice(from, from + AT_ONCE).map(async (user) => raw.issue(user, 'stickers', 2));
    tokens.push(...(await Promise.all(some)));
  }
  return tokens;
}

async function twoClients(): Promise<Client[]> {
  const voprf = sodiumVoprf(await loadSodium());
  const clients = ['ada', 'bob'].map((account) =>
    clientOf(suite, account, { hpke: nodeHpke(), voprf, batches: 4 }),
  );
  await Promise.all(clients.map((client) => client.refill()));
  return clients;
}

describe('concurrent clients', () => {
  test('R25 P08 suite: a hundred concurrent clients each decrypt the response to their own request', async () => {
    const queries = users.map((_, i) => ({
      q: ['cat', 'dog', 'heart', 'sun'][i % 4] ?? '',
      limit: 1 + (i % 7),
    }));
    const content = (i: number): Bytes => new TextEncoder().encode(JSON.stringify(queries[i]));
    const answers = await Promise.all(
      issued.map(([token], i) => raw.search(token ?? null, '', { content: content(i) })),
    );
    const alone = new Map<string, string>();
    for (const [i, { inner }] of answers.entries()) {
      expect(inner?.status).toBe(200);
      const key = JSON.stringify(queries[i]);
      const body = text(inner?.content);
      if (!alone.has(key)) alone.set(key, body);
      expect(body === alone.get(key)).toBe(true);
      expect((JSON.parse(body) as { results: unknown[] }).results).toHaveLength(queries[i]?.limit ?? 0);
    }
    expect(new Set(alone.values()).size).toBe(alone.size);
  });

  test('R25 client: cannot decrypt the response to another request', async () => {
    const [mine, other] = [await raw.seal(raw.request(null, 'a')), await raw.seal(raw.request(null, 'b'))];
    await expect(raw.post({ bytes: mine.bytes, open: other.open })).rejects.toThrow('not authentic');
    expect((await raw.post({ bytes: mine.bytes, open: mine.open })).status).toBe(200);
  });

  test('R26 relay: forwards fifty equal concurrent bodies fifty times, and each response is encrypted anew', async () => {
    const { bytes } = await raw.seal(raw.request(null, 'cat'));
    const post = async (): Promise<string> => {
      const headers = { 'content-type': 'message/ohttp-req' };
      const answer = await fetch(`${suite.urls.relay}/ohttp`, { method: 'POST', headers, body: bytes });
      expect(answer.status).toBe(200);
      return sha256(new Uint8Array(await answer.arrayBuffer()));
    };
    const digests = await Promise.all(Array.from({ length: 50 }, post));
    expect(new Set(digests).size).toBe(50);
  });

  test('Q08 sticker search: two clients with 200 concurrent queries each get their own results', async () => {
    const clients = await twoClients();
    const words = ['cat', 'dog', 'heart', 'sun', 'party', 'fish', 'moon', 'king', 'zzzz', 'tree'];
    const expected = new Map<string, string>();
    const idsOf = async (client: Client, q: string): Promise<string> => {
      const { results } = await client.search(q, { limit: 1 });
      return results.map(({ id }) => id).join();
    };
    for (const word of words) expected.set(word, await idsOf(clients[0] as Client, word));
    expect(new Set(expected.values()).size).toBe(words.length);
    const wrong: string[] = [];
    const lane = async (client: Client, shift: number): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        const word = words[(i * 3 + shift) % words.length] ?? '';
        if ((await idsOf(client, word)) !== expected.get(word)) wrong.push(word);
      }
    };
    await Promise.all(
      clients.flatMap((client, c) => [0, 1, 2, 3].map((shift) => lane(client, shift + 5 * c))),
    );
    expect(wrong).toEqual([]);
  });

  test('Q09 sticker search: a hundred clients with one query get the same bytes', async () => {
    const answers = await Promise.all(issued.map(([, token]) => raw.search(token ?? null, 'happy cat')));
    expect(new Set(answers.map(({ inner }) => inner?.status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ inner }) => sha256(inner?.content ?? new Uint8Array()))).size).toBe(1);
    expect(new Set(answers.map(({ inner }) => JSON.stringify(inner?.fields))).size).toBe(1);
  });
});

/** A fetch that differs from all others in address, user agent, cookie, language and validator. */
function fetchAs(url: string, i: number, connection: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const headers = {
    'user-agent': `agent/${i}`,
    cookie: `id=${i}`,
    'accept-language': i % 2 === 0 ? 'sr' : 'ja, en',
    'if-none-match': i % 3 === 0 ? '*' : `"${i}"`,
    'if-modified-since': 'Sun, 06 Nov 2044 08:49:37 GMT',
    connection,
  };
  const localAddress = `127.0.${1 + (i % 200)}.${1 + (i % 250)}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path: pathname, headers, localAddress }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const fields = response.rawHeaders.filter((_, at) => response.rawHeaders[at - (at % 2)] !== 'Date');
        resolve(`${response.statusCode} ${JSON.stringify(fields)} ${sha256(Buffer.concat(chunks))}`);
      });
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the same bytes for everyone', () => {
  test.each([
    ['keys', () => `${suite.urls.gateway}/.well-known/ohttp-gateway`],
    ['directory', () => `${suite.urls.issuer}/.well-known/private-token-issuer-directory`],
    ['bundle', () => `${suite.urls.relay}/bundle`],
  ])('G29 I18 %s: a thousand clients get one response, without a validator', async (_name, url) => {
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i += 50) {
      const some = Array.from({ length: 50 }, (_, j) => fetchAs(url(), i + j, 'close'));
      for (const one of await Promise.all(some)) seen.add(one);
    }
    expect(seen.size).toBe(1);
    const [only = ''] = seen;
    expect(only).toMatch(/^200 /);
    expect(only).not.toMatch(/"(etag|last-modified|vary|set-cookie)"/i);
  });
});
