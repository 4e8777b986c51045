import type { CustomSticker, PersonalPack, PersonalPacks } from '../types.ts';
import { PackError } from './error.ts';
import { artOf } from './image.ts';
import { readZip } from './zip.ts';

export { PackError, type PackErrorCode } from './error.ts';

const MAX_STICKERS = 500; // of one pack
const STORE = 'packs';
const IMAGE = /\.(png|jpe?g|webp|gif|svg)$/i;
const ZIP = /\.zip$/i;

/** A database of packs that a person adds: images from files, folders and ZIP archives. It stays on the device. */
export function personalPacks(database = 'sotto-packs'): PersonalPacks {
  return {
    list: () => run(database, 'readonly', (store) => store.getAll()) as Promise<PersonalPack[]>,
    async add(files) {
      const pack = await readPack(files);
      await run(database, 'readwrite', (store) => store.put(pack, pack.id));
      return pack;
    },
    remove: async (id) => void (await run(database, 'readwrite', (store) => store.delete(id))),
  };
}

async function readPack(files: readonly File[]): Promise<PersonalPack> {
  const images = (await Promise.all(files.map(readFile))).flat().slice(0, MAX_STICKERS);
  const id = crypto.randomUUID();
  const stickers: CustomSticker[] = [];
  for (const { path, bytes } of images) {
    const art = await artOf(bytes);
    if (art !== null)
      stickers.push({ id: `${id}/${stickers.length}`, name: nameOf(path), art, keywords: foldersOf(path) });
  }
  if (stickers.length === 0) throw new PackError('no-images', 'no file is an image that can be used');
  return { id, name: packName(files), stickers };
}

interface Image {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function readFile(file: File): Promise<Image[]> {
  const path = file.webkitRelativePath || file.name;
  if (!IMAGE.test(path) && !ZIP.test(path)) return [];
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (!ZIP.test(path)) return [{ path, bytes }];
  const entries = await readZip(bytes, (name) => IMAGE.test(name) && !/(^|\/)(\.|__MACOSX)/.test(name));
  return entries.map(({ name, bytes: content }) => ({ path: name, bytes: content }));
}

/** `happy_cat-2.png` → `happy cat 2` */
const nameOf = (path: string): string =>
  (path.split('/').at(-1) ?? path)
    .replace(/\.\w+$/, '')
    .replace(/[_-]+/g, ' ')
    .trim();

const foldersOf = (path: string): string[] => path.split('/').slice(0, -1);

const packName = ([first]: readonly File[]): string =>
  first?.webkitRelativePath.split('/')[0] || nameOf(first?.name ?? '');

/** Runs one request in its own transaction. */
async function run(
  database: string,
  mode: IDBTransactionMode,
  request: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  try {
    const db = await opened(database);
    try {
      const transaction = db.transaction(STORE, mode);
      const result = request(transaction.objectStore(STORE));
      await new Promise<void>((resolve, reject) => {
        transaction.addEventListener('complete', () => resolve());
        for (const type of ['error', 'abort'])
          transaction.addEventListener(type, () => reject(transaction.error));
      });
      return result.result;
    } finally {
      db.close();
    }
  } catch (error) {
    throw new PackError('not-stored', 'IndexedDB refused', { cause: error });
  }
}

const opened = (database: string): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
    request.addEventListener('success', () => resolve(request.result));
    for (const type of ['error', 'blocked']) request.addEventListener(type, () => reject(request.error));
  });
