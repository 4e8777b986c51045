import { readFileSync } from 'node:fs';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { stickers } from './app.ts';
import { type Catalogue, openCatalogue } from './catalogue.ts';

const { PORT = '8804', HOST = '127.0.0.1', PAGE_BYTES = '96000' } = process.env;
const folder = process.env['CATALOGUE'] ?? path.join(import.meta.dirname, '../catalogue/built');

const open = (): Catalogue => {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, name)));
  return openCatalogue(read('catalogue.bin'), read('art.bin'), { whole: true });
};

let current = open();

// A catalogue that was built anew is taken up on SIGHUP; one that cannot be read leaves the old one in place.
process.on('SIGHUP', () => {
  try {
    current = open();
  } catch (error) {
    console.error(JSON.stringify({ event: 'catalogue-refused', name: (error as Error).name }));
  }
});

const app = stickers({
  catalogue: () => current,
  pageBytes: Number(PAGE_BYTES),
  deadline: () => AbortSignal.timeout(10_000),
});
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: HOST });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.close());
