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
  const refuse = (object: Json, message: string): never => {
    throw new PackError(file, lineOf(object), message);
  };
  const objectOf = (json: Json | undefined, parent: Json, what: string): Record<string, Json> =>
    typeof json === 'object' && json !== null && !Array.isArray(json)
      ? json
      : refuse(parent, `${what} is not an object`);
  const only = (object: Record<string, Json>, names: readonly string[]): void => {
    const other = Object.keys(object).find((name) => !names.includes(name));
    if (other !== undefined) refuse(object, `"${other}" is not known; known are ${names.join(', ')}`);
  };
  const text = (json: Json | undefined, parent: Json, what: string): string => {
    if (typeof json !== 'string' || json.trim() === '') return refuse(parent, `${what} is missing or empty`);
    if (json.length > MOST.text || /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(json)) {
      return refuse(parent, `${what} is longer than ${MOST.text} characters or has control characters`);
    }
    return json.trim();
  };
  const textOf = (object: Record<string, Json>, name: string): string =>
    text(object[name], object, `"${name}"`);
  const wordsOf = (object: Record<string, Json>): Words => {
    const list = object['keywords'] ?? [];
    if (!Array.isArray(list) || list.length > MOST.keywords) {
      return refuse(object, `"keywords" is not a list of at most ${MOST.keywords}`);
    }
    return { name: textOf(object, 'name'), keywords: list.map((word) => text(word, object, 'a keyword')) };
  };

  const manifest = objectOf(value, value, MANIFEST);
  only(manifest, ['id', 'name', 'licence', 'attribution', 'stickers']);
  const id = textOf(manifest, 'id');
  if (!ID.test(id) || RESERVED.has(id)) refuse(manifest, '"id" is not a free name of a–z, 0–9 and "-"');
  const stickers = manifest['stickers'];
  if (!Array.isArray(stickers) || stickers.length === 0 || stickers.length > MOST.stickers) {
    return refuse(manifest, `"stickers" is not a list of 1 to ${MOST.stickers}`);
  }
  const words = new Map<string, ReadonlyMap<string, Words>>();
  const drawings = stickers.map((entry): Artwork => {
    const sticker = objectOf(entry, manifest, 'a sticker');
    only(sticker, ['file', 'name', 'keywords', 'emoji', 'locales']);
    const name = textOf(sticker, 'file');
    if (!FILE.test(name)) refuse(sticker, `"file" is not the name of an SVG or WebP file in this folder`);
    if (words.has(name)) refuse(sticker, `${name} stands twice`);
    const emoji = sticker['emoji'] === undefined ? '' : textOf(sticker, 'emoji');
    if (emoji !== '' && !/^\p{RGI_Emoji}$/v.test(emoji)) refuse(sticker, '"emoji" is not one emoji');
    const locales = objectOf(sticker['locales'] ?? {}, sticker, '"locales"');
    const called = new Map([['en', wordsOf(sticker)]]);
    for (const [tag, translated] of Object.entries(locales)) {
      if (!LOCALE.test(tag)) refuse(sticker, `"${tag}" is not a language of two or three letters`);
      const object = objectOf(translated, sticker, `"${tag}"`);
      called.set(tag, wordsOf(object));
      only(object, ['name', 'keywords']);
    }
    words.set(name, called);
    return {
      key: name,
      emoji,
      pack: id,
      source: id,
      ...artOf(path.join(folder, name), () => refuse(sticker, `${name} is not in the folder`)),
    };
  });
  const unnamed = readdirSync(folder).find((name) => /\.(svg|webp)$/i.test(name) && !words.has(name));
  if (unnamed !== undefined) refuse(manifest, `${unnamed} is in the folder and not in "stickers"`);
  return {
    file,
    id,
    name: textOf(manifest, 'name'),
    licence: textOf(manifest, 'licence'),
    attribution: textOf(manifest, 'attribution'),
    drawings,
    words,
  };
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
