// The sticker service on Node, as a gateway's table may name it. One line when it is ready.
//
//   PORT, HOST   where it listens (8804 on 127.0.0.1)
//   PAGE_BYTES   bytes that no answer exceeds (96000)
//   CATALOGUE    folder of the built catalogue; a new one in its place is taken up on SIGHUP
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import path from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { listen } from '@sotto/http/node';
import { stickers } from './app.ts';
import { type Catalogue, openCatalogue } from './catalogue.ts';

const BODY_MS = 10_000;
const DRAIN_MS = 8000; // for what is in flight when it is stopped
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2000 };

const { PORT = '8804', HOST = '127.0.0.1', PAGE_BYTES = '96000' } = process.env;
const folder = process.env['CATALOGUE'] ?? path.join(import.meta.dirname, '../catalogue/built');

const open = (): Catalogue => {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, name)));
  return openCatalogue(read('catalogue.bin'), read('art.bin'), { whole: true });
};

async function main(): Promise<void> {
  let current = open();
  const app = stickers({
    catalogue: () => current,
    pageBytes: Number(PAGE_BYTES),
    deadline: () => AbortSignal.timeout(BODY_MS),
  });
  // One that cannot be read leaves the old one in place.
  process.on('SIGHUP', () => {
    try {
      current = open();
    } catch {
      process.stderr.write('sotto stickers: the new catalogue cannot be read\n');
    }
  });
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: LIMITS }) as Server;
  const serving = await listen(server, { host: HOST, port: Number(PORT), drainMs: DRAIN_MS }).catch(
    ({ code }: NodeJS.ErrnoException) => end(code ?? 'cannot listen'),
  );
  process.stdout.write('ready\n');
  const stop = (): void => void serving.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function end(reason: string): never {
  process.stderr.write(`sotto stickers: ${reason}\n`);
  process.exit(1);
}

process.stdout.on('error', () => {}); // nobody may be reading
process.stderr.on('error', () => {});

try {
  await main();
} catch {
  end('the catalogue cannot be read, or PAGE_BYTES is no page');
}
