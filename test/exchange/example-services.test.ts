import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '@sotto/client';
import { packExport } from '../../docs/examples/pack-export/server.ts';
import { places, search } from '../../docs/examples/places/server.ts';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { tableOf } from '../../services/local/src/table.ts';
import { ROOT } from '../../services/local/src/worker-code.ts';
import { clientOf } from '../support/clients.ts';

const servers: Server[] = [];
let suite: Suite;
let client: Client;

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const [placesUrl, exportUrl] = [
    await listening(places()),
    await listening(packExport(path.join(ROOT, 'services/stickers/catalogue/built'))),
  ];
  const own = [
    { name: 'places', url: placesUrl, streams: false },
    { name: 'packs', url: exportUrl, streams: true },
  ];
  suite = await startSuite({ vars: tableOf(own).vars });
  client = clientOf(suite, 'ada', { services: ['places', 'packs'], batches: 1 });
  await client.refill();
}, 120_000);
afterAll(async () => {
  await suite.dispose();
  for (const server of servers) server.close();
});

test('places: a private look-up finds cities by a prefix of the name, with position and time zone', async () => {
  const response = await client.fetch('https://places/v1/search?q=novi%20s&limit=1');
  expect(await response.json()).toEqual({
    places: [
      expect.objectContaining({
        name: 'Novi Sad',
        country: 'Serbia',
        code: 'RS',
        timezone: 'Europe/Belgrade',
      }),
    ],
  });
  expect((await client.fetch('https://places/v1/search?q=a&limit=99')).status).toBe(400);
  expect((await client.fetch('https://places/v1/other')).status).toBe(404);
});

test('places: matches without accents and inside names, the most populous first, and nothing for an empty text', () => {
  const names = (query: string): unknown[] =>
    search(query, 3).map((place) => (place as { name: string }).name);
  expect(names('sao paulo')[0]).toMatch(/S.o Paulo/);
  expect(names('york')).toContain('New York');
  expect(names('london')[0]).toBe('London');
  expect(names('  ')).toEqual([]);
  expect(names('zzzz')).toEqual([]);
});

interface Line {
  readonly id?: string;
  readonly art?: { readonly type: string; readonly data: string };
  readonly next?: number | null;
}

/** The lines of a response, as they arrive. */
async function linesOf(response: Response): Promise<{ lines: Line[]; pieces: number }> {
  const lines: Line[] = [];
  let pieces = 0;
  let rest = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    pieces++;
    const [last = '', ...whole] = (rest + piece).split('\n').toReversed();
    rest = last;
    for (const line of whole.toReversed()) lines.push(JSON.parse(line) as Line);
  }
  expect(rest).toBe('');
  return { lines, pieces };
}

test('pack export: a pack comes in parts, each a stream of lines, and every sticker once', async () => {
  const { packs } = (await (await client.fetch('https://packs/v1/packs/none')).json()) as { packs: string[] };
  expect(packs.length).toBeGreaterThan(1);
  const ids = new Set<string>();
  let from: number | null = 0;
  let count = 0;
  for (let parts = 0; from !== null && parts < 3; parts++) {
    const response: Response = await client.fetch(`https://packs/v1/packs/${packs[0]}?from=${from}`);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const { lines, pieces } = await linesOf(response);
    expect(pieces).toBeGreaterThan(1);
    const last = lines.pop();
    for (const { id = '', art } of lines) {
      ids.add(id);
      expect(art?.data.length).toBeGreaterThan(50);
    }
    count += lines.length;
    from = last?.next ?? null;
  }
  expect(ids.size).toBe(count);
  expect(count).toBeGreaterThan(100);
});
