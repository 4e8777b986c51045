import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SearchPage } from '@sotto/sticker-search/types';
import { count, counted, given, printable, queryOf } from '../arguments.ts';
import { command, Failure } from '../command.ts';
import { withProgress, type Io } from '../io.ts';
import { PARTIES, printRetry, setUp } from '../setup.ts';
import { styled } from '../style.ts';
import { table } from '../table.ts';

type Stickers = SearchPage['results'];

/** `sotto search`. */
export const search = command({
  name: 'search',
  synopsis: 'QUERY…',
  summary: 'search for stickers without anybody learning who searches',
  options: {
    locale: { type: 'string', value: 'L', text: 'search one language; all of them without it' },
    limit: { type: 'string', value: 'N', text: 'at most so many results' },
    cursor: { type: 'string', value: 'C', text: 'the page after the one that printed this cursor' },
    save: { type: 'string', value: 'DIR', text: 'write the artwork into a folder' },
    ...PARTIES,
  },
  examples: [
    ['search happy cat', 'searches in all languages'],
    ['search --locale de --limit 5 --json katze', 'prints at most five results, one JSON object per line'],
    ['search cat --save stickers', 'also writes the artwork into the folder stickers'],
  ],
  run: async ({ values, words }, io) => {
    const query = queryOf(words);
    const limit = count(values.limit, 'limit');
    const folder = values.save === undefined ? null : path.resolve(io.cwd, values.save);
    const { client, requestOptions } = await setUp(values, io);
    if (folder !== null) await createFolder(folder);
    const options = { ...given({ locale: values.locale, limit, cursor: values.cursor }), ...requestOptions };
    const searching = client.search(query, options).catch((error: unknown) => {
      printRetry(error, io);
      throw error;
    });
    const { results, next } = await withProgress(io, 'searching', searching);
    print(results, values.json === true, io);
    if (folder !== null) await save(results, folder, io);
    if (next !== null) io.err(`sotto: there are more results: --cursor ${printable(next)}`);
    return results.length === 0 ? 4 : 0;
  },
});

/** Before the search: a token that is spent for artwork that cannot be stored is lost. */
async function createFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => unwritable(folder, error));
}

function unwritable(folder: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  throw new Failure(`Cannot write into ${folder} (${code}). Choose another folder.`);
}

function print(results: Stickers, json: boolean, io: Io): void {
  if (json) {
    for (const result of results) io.out(JSON.stringify(result));
    return;
  }
  if (results.length === 0) {
    io.err('sotto: no stickers found');
    return;
  }
  const rows = results.map(({ emoji, name, pack, matched }) =>
    [emoji, name, pack, matched ?? ''].map(printable),
  );
  const [head = '', ...lines] = table([['', 'NAME', 'PACK', 'MATCHED'], ...rows]);
  io.out(styled(io, 'bold', head));
  for (const line of lines) io.out(line);
}

/** Writes the artwork under file names of letters, digits, dots and dashes. */
async function save(results: Stickers, folder: string, io: Io): Promise<void> {
  for (const { id, art } of results) {
    const name = id.replaceAll(/[^\w-]+/g, '_').slice(0, 100);
    const webp = art.type === 'image/webp';
    const file = path.join(folder, `${name}.${webp ? 'webp' : 'svg'}`);
    const data = webp ? Buffer.from(art.data, 'base64') : art.data;
    await writeFile(file, data).catch((error: unknown) => unwritable(folder, error));
  }
  io.err(`sotto: ${counted(results.length, 'picture')} in ${folder}`);
}
