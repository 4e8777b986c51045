/** Streams a pack of stickers as NDJSON, one sticker a line: a plain HTTP service that knows nothing of Sotto. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The part of a built catalogue's `stickers.json` that is exported. */
interface Catalogue {
  readonly packs: readonly { readonly id: string; readonly licence: string }[];
  readonly types: readonly string[];
  /** [id, emoji, pack, common, art type, art offset, art length] */
  readonly stickers: readonly (readonly [string, string, number, number, number, number, number])[];
}

const MAX_BYTES = 240_000; // of a response, below the length class of streams

/** The stickers of a pack as lines, and a last line that says where the next export begins, or null. */
function* lines(catalogue: Catalogue, art: Uint8Array, pack: number, from: number): Generator<string> {
  let bytes = 0;
  for (const [at, sticker] of catalogue.stickers.entries()) {
    const [id, emoji, of, , type, offset, length] = sticker;
    if (of !== pack || at < from) continue;
    const isText = catalogue.types[type] === 'image/svg+xml';
    const data = Buffer.from(art.subarray(offset, offset + length)).toString(isText ? 'utf8' : 'base64');
    const line = `${JSON.stringify({ id, emoji, art: { type: catalogue.types[type], data } })}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > MAX_BYTES) {
      yield `${JSON.stringify({ next: at })}\n`;
      return;
    }
    yield line;
  }
  yield `${JSON.stringify({ next: null })}\n`;
}

/** `GET /v1/packs/ID?from=N` */
export function packExport(folder: string): Server {
  const catalogue = JSON.parse(readFileSync(path.join(folder, 'stickers.json'), 'utf8')) as Catalogue;
  const art = readFileSync(path.join(folder, 'art.bin'));
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://export.invalid');
    const [, id] = /^\/v1\/packs\/([\w-]+)$/.exec(url.pathname) ?? [];
    const pack = catalogue.packs.findIndex((one) => one.id === id);
    const from = Number(url.searchParams.get('from') ?? 0);
    if (request.method !== 'GET' || pack < 0 || !(Number.isInteger(from) && from >= 0)) {
      const packs = catalogue.packs.map((one) => one.id);
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ packs }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    // A reader that is slow or leaves stops the generator.
    pipeline(Readable.from(lines(catalogue, art, pack, from)), response).catch(() => response.destroy());
  });
}

if (import.meta.main) {
  const port = Number(process.env['PORT'] ?? 9102);
  const built = path.join(import.meta.dirname, '../../../services/stickers/catalogue/built');
  packExport(process.env['CATALOGUE'] ?? built).listen(port, '127.0.0.1', () =>
    console.log(`pack export on http://127.0.0.1:${port}`),
  );
}
