import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Artwork } from './core.ts';
import { type Json, parseLocated } from './json.ts';
import { PackError } from './error.ts';
import { checkWebp } from './webp.ts';

/** The names and keywords of a sticker in an operator's pack, per language. */
export interface Words {
  readonly name: string;
  readonly keywords: readonly string[];
}

export interface OwnPack {
  /** The path of its manifest, for errors. */
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly attribution: string;
  readonly drawings: readonly Artwork[];
  /** Artwork's key → language tag → words; `en` is always there. */
  readonly words: ReadonlyMap<string, ReadonlyMap<string, Words>>;
}

const MANIFEST = 'pack.json';
const ID = /^[a-z][a-z0-9-]{1,31}$/;
const FILE = /^[A-Za-z0-9][\w.-]{0,63}\.(svg|webp)$/;
const LOCALE = /^[a-z]{2,3}$/;
const RESERVED = new Set(['core', 'openmoji']);
const MOST = { stickers: 10_000, keywords: 32, text: 64, source: 1 << 20 };

/**
 * Reads an operator's pack: a folder of SVG and WebP files and `pack.json`, which names every one of them.
 *
 * @throws {PackError} that says file, line and what to do
 */
export function readOwnPack(folder: string): OwnPack {
  const file = path.join(folder, MANIFEST);
  const { value, lineOf } = parseLocated(readText(file), file);
  const reader = new ManifestReader(file, lineOf);
  const manifest = reader.object(value, value, MANIFEST);
  reader.only(manifest, ['id', 'name', 'licence', 'attribution', 'stickers']);
  const id = reader.textOf(manifest, 'id');
  if (!ID.test(id) || RESERVED.has(id))
    reader.refuse(manifest, '"id" is not a free name of a–z, 0–9 and "-"');
  const stickers = manifest['stickers'];
  if (!Array.isArray(stickers) || stickers.length === 0 || stickers.length > MOST.stickers) {
    return reader.refuse(manifest, `"stickers" is not a list of 1 to ${MOST.stickers}`);
  }
  const words = new Map<string, ReadonlyMap<string, Words>>();
  const drawings = stickers.map((entry): Artwork => {
    const sticker = reader.object(entry, manifest, 'a sticker');
    const { name, emoji } = describe(reader, sticker);
    if (words.has(name)) reader.refuse(sticker, `${name} stands twice`);
    words.set(name, wordsOf(reader, sticker));
    const art = artOf(path.join(folder, name), () => reader.refuse(sticker, `${name} is not in the folder`));
    return { key: name, emoji, pack: id, source: id, ...art };
  });
  const unnamed = readdirSync(folder).find((name) => /\.(svg|webp)$/i.test(name) && !words.has(name));
  if (unnamed !== undefined) reader.refuse(manifest, `${unnamed} is in the folder and not in "stickers"`);
  return {
    file,
    id,
    name: reader.textOf(manifest, 'name'),
    licence: reader.textOf(manifest, 'licence'),
    attribution: reader.textOf(manifest, 'attribution'),
    drawings,
    words,
  };
}

/** The file of a sticker, and the emoji that it shows, if any. */
function describe(
  reader: ManifestReader,
  sticker: JsonObject,
): { readonly name: string; readonly emoji: string } {
  reader.only(sticker, ['file', 'name', 'keywords', 'emoji', 'locales']);
  const name = reader.textOf(sticker, 'file');
  if (!FILE.test(name))
    reader.refuse(sticker, '"file" is not the name of an SVG or WebP file in this folder');
  const emoji = sticker['emoji'] === undefined ? '' : reader.textOf(sticker, 'emoji');
  if (emoji !== '' && !/^\p{RGI_Emoji}$/v.test(emoji)) reader.refuse(sticker, '"emoji" is not one emoji');
  return { name, emoji };
}

/** The words of a sticker in English and in the languages of its locales. */
function wordsOf(reader: ManifestReader, sticker: JsonObject): ReadonlyMap<string, Words> {
  const locales = reader.object(sticker['locales'] ?? {}, sticker, '"locales"');
  const words = new Map([['en', reader.words(sticker)]]);
  for (const [tag, translated] of Object.entries(locales)) {
    if (!LOCALE.test(tag)) reader.refuse(sticker, `"${tag}" is not a language of two or three letters`);
    const object = reader.object(translated, sticker, `"${tag}"`);
    words.set(tag, reader.words(object));
    reader.only(object, ['name', 'keywords']);
  }
  return words;
}

type JsonObject = Record<string, Json>;

/** Reads the values of a manifest, and refuses wrong ones with file and line. */
class ManifestReader {
  readonly #file: string;
  readonly #lineOf: (object: Json) => number;

  constructor(file: string, lineOf: (object: Json) => number) {
    this.#file = file;
    this.#lineOf = lineOf;
  }

  /** @throws {PackError} always */
  refuse(object: Json, message: string): never {
    throw new PackError(this.#file, this.#lineOf(object), message);
  }

  object(json: Json | undefined, parent: Json, what: string): JsonObject {
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? json
      : this.refuse(parent, `${what} is not an object`);
  }

  /** Refuses members with other names. */
  only(object: JsonObject, names: readonly string[]): void {
    const other = Object.keys(object).find((name) => !names.includes(name));
    if (other !== undefined) this.refuse(object, `"${other}" is not known; known are ${names.join(', ')}`);
  }

  textOf(object: JsonObject, name: string): string {
    return this.#text(object[name], object, `"${name}"`);
  }

  words(object: JsonObject): Words {
    const list = object['keywords'] ?? [];
    if (!Array.isArray(list) || list.length > MOST.keywords) {
      return this.refuse(object, `"keywords" is not a list of at most ${MOST.keywords}`);
    }
    const keywords = list.map((word) => this.#text(word, object, 'a keyword'));
    return { name: this.textOf(object, 'name'), keywords };
  }

  #text(json: Json | undefined, parent: Json, what: string): string {
    if (typeof json !== 'string' || json.trim() === '')
      return this.refuse(parent, `${what} is missing or empty`);
    if (json.length > MOST.text || /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(json)) {
      return this.refuse(parent, `${what} is longer than ${MOST.text} characters or has control characters`);
    }
    return json.trim();
  }
}

function artOf(file: string, missing: () => never): { file: string; svg?: string; webp?: Uint8Array } {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) missing();
  if (!file.endsWith('.webp')) return { file, svg: readText(file) };
  const webp = new Uint8Array(readFileSync(file));
  checkWebp(webp, file);
  return { file, webp };
}

function readText(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) throw new PackError(file, 0, 'is not there');
  if (stat.size > MOST.source) throw new PackError(file, 0, `larger than ${MOST.source} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch {
    throw new PackError(file, 0, 'is not UTF-8');
  }
}
