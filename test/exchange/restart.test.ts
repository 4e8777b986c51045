import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SearchError } from '@sotto/sticker-search';
import type { Bytes } from '@sotto/wire';
import { freePorts } from '../../services/local/src/ports.ts';
import { stickers } from '../../services/stickers/src/app.ts';
import { openCatalogue, type Catalogue } from '../../services/stickers/src/catalogue.ts';
import { killableSuite } from '../support/killable.ts';
import { RawExchange, type RawResponse } from '../support/raw-exchange.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-restart-'));
const built = path.join(import.meta.dirname, '../../services/stickers/catalogue/built');
const archive = new Uint8Array(readFileSync(path.join(built, 'catalogue.bin')));
const art = new Uint8Array(readFileSync(path.join(built, 'art.bin')));

/** How the sticker service handles the next request. */
let mode: 'answer' | 'reset' | 'hang' | 'fail' = 'answer';
let catalogue: Catalogue | null = openCatalogue(archive, art);
let calls = 0;
let onCall: () => void = () => {};
let service: Server;
let suite: Awaited<ReturnType<typeof killableSuite>>;
let raw: RawExchange;
let tokens: Bytes[];
let start: () => Promise<void>;

const app = stickers({
  catalogue: () => catalogue,
  pageBytes: 162_816,
  deadline: () => new AbortController().signal,
});

async function serve(body: Buffer, response: ServerResponse): Promise<void> {
  calls++;
  onCall();
  if (mode === 'hang') return;
  if (mode === 'reset') return void response.destroy();
  if (mode === 'fail') return void response.writeHead(500).end('Error: canary at index.ts:7');
  const headers = { 'content-type': 'application/json' };
  const answer = await app.request('/v1/search', { method: 'POST', headers, body: new Uint8Array(body) });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

beforeAll(async () => {
  service = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void serve(Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const row = {
    target: { url },
    idempotent: true,
    requestLength: 1024,
    responseLength: 163_840,
    timeoutMs: 3000,
  };
  const rows = [
    { ...row, name: 'stickers', token: { type: 5 } },
    { ...row, name: 'open', token: 'none' },
  ];
  const port = await freePorts();
  start = async () => {
    suite = await killableSuite({
      port,
      persist: folder,
      vars: { gateway: { SERVICES: JSON.stringify(rows) } },
    });
  };
  await start();
  raw = await RawExchange.of(suite);
  tokens = await raw.issue('ada');
}, 60_000);

afterAll(async () => {
  await suite.kill();
  service.closeAllConnections();
  service.close();
  rmSync(folder, { recursive: true, force: true });
});

const request = (change: Parameters<RawExchange['request']>[2] = {}) =>
  raw.request(tokens.pop() ?? null, 'cat', change);
const outcomeOf = ({ status, inner, code }: RawResponse): unknown[] => [status, inner?.status, code];

describe('S20 a token whose request failed is not lost', () => {
  test.each([
    ['breaks off', 'reset', 502],
    ['never responds', 'hang', 504],
    ['fails with 500', 'fail', 500],
  ] as const)(
    'S20 suite: when the service %s, a retry of the same request succeeds',
    async (_what, fault, status) => {
      const same = request();
      mode = fault;
      const lost = await raw.post(await raw.seal(same));
      mode = 'answer';
      expect([lost.status, lost.inner?.status]).toEqual([200, status]);
      const again = await raw.post(await raw.seal(same));
      expect([again.inner?.status, again.length]).toEqual([200, lost.length]);
      expect((await raw.post(await raw.seal({ ...same, path: '/v1/other' }))).code).toBe('spent');
    },
  );
});

test('Q05 sticker service: a catalogue that is missing or damaged gives 503 or an error; one replaced during searches is used whole', async () => {
  const whole = catalogue;
  const found = await raw.post(await raw.seal(request()));
  expect(outcomeOf(found)).toEqual([200, 200, null]);

  catalogue = null;
  const missing = await raw.post(await raw.seal(request()));
  expect([outcomeOf(missing), missing.length]).toEqual([[200, 503, 'unavailable'], found.length]);

  for (const damage of [
    archive.subarray(0, archive.length >> 1),
    new Uint8Array(100),
    archive.map((b) => b ^ 1),
  ]) {
    expect(() => openCatalogue(damage, art)).toThrow(SearchError);
  }
  catalogue = whole;
  const searches = Array.from({ length: 8 }, async () => raw.post(await raw.seal(request())));
  const fresh = openCatalogue(archive, art);
  onCall = () => {
    catalogue = fresh;
  };
  const answers = await Promise.all(searches);
  onCall = () => {};
  expect(new Set(answers.map(({ inner }) => Buffer.from(inner?.content ?? []).toString())).size).toBe(1);
  expect(answers.map(({ inner }) => inner?.status)).toEqual(answers.map(() => 200));
});

test('G11 S20 suite: after SIGKILL refuses the same envelopes, and an interrupted request can be retried', async () => {
  const withToken = await raw.seal(request());
  const open = await raw.seal(request({ authority: 'open' }));
  for (const one of [withToken, open]) expect(outcomeOf(await raw.post(one))).toEqual([200, 200, null]);

  const same = request();
  mode = 'hang';
  const reached = new Promise<void>((resolve) => (onCall = resolve));
  const cut = raw.post(await raw.seal(same)).catch(() => 'cut');
  await reached;
  await suite.kill();
  expect(await cut).toBe('cut');
  [mode, onCall] = ['answer', () => {}];

  await start();
  const before = calls;
  for (const one of [withToken, open]) expect(outcomeOf(await raw.post(one))).toEqual([200, 409, 'replayed']);
  expect(calls).toBe(before);
  expect(outcomeOf(await raw.post(await raw.seal(same)))).toEqual([200, 200, null]);
}, 60_000);
