import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SearchPage } from '@sotto/client';
import { ClientError } from '@sotto/client';
import { count, counted, Failure, parse, printable, queryOf } from '../arguments.ts';
import type { Io, Status } from '../io.ts';
import { PARTIES, PARTIES_USAGE, setUp } from '../setup.ts';
import { table } from '../table.ts';

export const SEARCH_USAGE = `Usage: sotto search QUERY [options]

Search for stickers without anybody learning who searches.

  --json                 one result a line, as JSON
  --locale L             search one language; all of them without it
  --limit N              at most so many results
  --cursor C             the page after the one that gave this cursor
  --save DIR             write the pictures into a folder
  --fresh                spend tokens that have not rested, and draw more if none is left
  --retry ID             the same search again, after a failure that gave this id
${PARTIES_USAGE}`;

export const SEARCH_OPTIONS = {
  ...PARTIES,
  json: { type: 'boolean' },
  locale: { type: 'string' },
  limit: { type: 'string' },
  cursor: { type: 'string' },
  save: { type: 'string' },
  fresh: { type: 'boolean' },
  retry: { type: 'string' },
} as const;

/** Runs `sotto search`. */
export async function search(argv: readonly string[], io: Io): Promise<Status> {
  const { values, positionals } = parse(argv, SEARCH_OPTIONS);
  const query = queryOf(positionals);
  const limit = count(values.limit, 'limit');
  const { client, local } = await setUp(values, io);
  const { locale, cursor, retry: attempt } = values;
  const folder = values.save === undefined ? null : path.resolve(io.cwd, values.save);
  const allowFresh = values.fresh === true || local !== null;
  try {
    if (folder !== null) await made(folder);
    const options = { locale, limit, cursor, attempt };
    const { results, next } = await client.search(query, { ...given(options), allowFresh });
    print(results, values.json === true, io);
    if (folder !== null) await save(results, folder, io);
    if (next !== null) io.err(`sotto: there is more: --cursor ${printable(next)}`);
    return 0;
  } catch (error) {
    const id = error instanceof ClientError ? error.attempt?.id : undefined;
    if (id !== undefined && id !== '') io.err(`sotto: to try the same again: --retry ${id}`);
    throw error;
  }
}

/** Before anything is asked: a token spent for pictures that cannot be kept is lost. */
async function made(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => unwritable(folder, error));
}

function unwritable(folder: string, error: unknown): never {
  throw new Failure(`cannot write into ${folder} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
}

/** The options that were given: an absent one and an undefined one are not the same. */
function given<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

function print(results: SearchPage['results'], json: boolean, io: Io): void {
  if (json) {
    for (const result of results) io.out(JSON.stringify(result));
    return;
  }
  if (results.length === 0) {
    io.err('sotto: no stickers for that');
    return;
  }
  const rows = results.map(({ emoji, name, pack, matched }) =>
    [emoji, name, pack, matched ?? ''].map(printable),
  );
  for (const line of table([['', 'NAME', 'PACK', 'MATCHED'], ...rows])) io.out(line);
}

/** Writes the pictures; their names are made of letters, digits, dots and dashes alone. */
async function save(results: SearchPage['results'], folder: string, io: Io): Promise<void> {
  for (const { id, art } of results) {
    const name = id.replaceAll(/[^\w-]+/g, '_').slice(0, 100);
    const webp = art.type === 'image/webp';
    const file = path.join(folder, `${name}.${webp ? 'webp' : 'svg'}`);
    const data = webp ? Buffer.from(art.data, 'base64') : art.data;
    await writeFile(file, data).catch((error: unknown) => unwritable(folder, error));
  }
  io.err(`sotto: ${counted(results.length, 'picture')} in ${folder}`);
}
