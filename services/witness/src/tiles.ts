import { HttpError } from '@sotto/http';
import { logFolder, parseTilePath, tileHashes, type TileName } from '@sotto/tlog';
import { concat, utf8, vector, type Bytes } from '@sotto/wire';
import type { Config } from './config.ts';
import type { WitnessStore } from './ports.ts';

const TILE = 256; // entries of a full bundle

/** Serves the logs of a mirror as static files (C2SP tlog-tiles). @throws {HttpError} `not-found` */
export function tileServer({ logs }: Pick<Config, 'logs'>, store: WitnessStore) {
  const origins = new Map([...logs.keys()].map((origin) => [logFolder(origin), origin]));
  return async (folder: string, path: string): Promise<Response> => {
    const origin = origins.get(folder);
    const head = origin === undefined ? null : await store.mirrored(origin);
    if (origin === undefined || head === null) throw new HttpError('not-found');
    if (path === 'checkpoint') return file(utf8(head.note), 'text/plain; charset=utf-8', 'no-cache');
    const name = parseTilePath(path);
    const bytes = name && (await tileBytes(store, origin, head.size, name));
    if (bytes === null) throw new HttpError('not-found');
    return file(bytes, 'application/octet-stream', 'public, max-age=31536000, immutable');
  };
}

const file = (bytes: Bytes, type: string, cache: string): Response =>
  new Response(bytes, { headers: { 'content-type': type, 'cache-control': cache } });

/** The bytes of one tile of the served tree; null when it does not have it. */
async function tileBytes(
  store: WitnessStore,
  origin: string,
  size: number,
  name: TileName,
): Promise<Bytes | null> {
  if (name.level !== 'entries') {
    const hashes = tileHashes(name, await store.leaves(origin, size));
    return hashes && concat(...hashes);
  }
  const [from, to] = [name.n * TILE, name.n * TILE + name.width];
  if (to > size) return null;
  return concat(...(await store.entries(origin, from, to)).map((entry) => vector(2, entry)));
}
