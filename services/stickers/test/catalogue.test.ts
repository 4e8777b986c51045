import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import emojis from 'emojibase-data/en/data.json' with { type: 'json' };
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCatalogue } from '../catalogue/build.ts';
import { ensureCatalogue } from '../catalogue/ensure.ts';
import type { Manifest } from '../catalogue/files.ts';
import type { TonesFile } from '../catalogue/tones.ts';
import { cleanSvg } from '../catalogue/svg.ts';
import { checkWebp } from '../catalogue/webp.ts';
import { openCatalogue } from '../src/catalogue.ts';
import { createSearch } from '@sotto/sticker-search';
import { BUILT, bytes, catalogue, search } from './support/built.ts';

const manifest = JSON.parse(new TextDecoder().decode(bytes('manifest.json'))) as Manifest;
const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
const art = search.table.stickers.map(({ art: { offset, length } }) =>
  catalogue.art.subarray(offset, offset + length),
);
const isSvg = (at: number): boolean => search.table.stickers[at]?.art.type === 'image/svg+xml';
const scratch = mkdtempSync(path.join(tmpdir(), 'catalogue-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe('the built catalogue', () => {
  test('has the expected drawings, packs and languages', () => {
    expect(manifest.packs.map(({ id, stickers }) => [id, stickers])).toEqual([
      ['core', 1914],
      ['openmoji', 310],
    ]);
    const languages = Object.keys(manifest.languages);
    expect(languages.length).toBeGreaterThanOrEqual(60);
    for (const tag of 'en es pt fr de ar he fa ur hi ja zh ko th sr'.split(' '))
      expect(languages).toContain(tag);
    expect(search.languages).toEqual(languages);
  });
  test('the core pack is Fluent 3D, except for flags and emoji that it lacks', () => {
    const core = search.table.stickers.filter(({ pack }) => pack === 'core');
    const drawn = core.filter(({ art: { type } }) => type === 'image/webp').map(({ emoji }) => emoji);
    expect(drawn.length).toBe(1606);
    for (const emoji of ['😀', '👍', '❤️', '🦊', '🏳️‍🌈', '#️⃣', '👩‍🚒']) expect(drawn).toContain(emoji);
    const flat = core.filter(({ art: { type } }) => type === 'image/svg+xml').map(({ emoji }) => emoji);
    for (const emoji of ['🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🐱', '🐦‍🔥']) expect(flat).toContain(emoji);
  });
  test('every image is at most 6 KB and a still of 128 pixels', () => {
    for (const [at, image] of art.entries()) {
      expect(image.length).toBeLessThanOrEqual(6144);
      if (isSvg(at)) continue;
      expect(() => checkWebp(image, `${at}`)).not.toThrow();
      expect([image[24], image[27], (image[20] ?? 0) & 2]).toEqual([127, 127, 0]); // RFC 9649 §2.7.1
    }
  });
  test('N42 every skin tone of Unicode has art, light to dark, then those of two people', () => {
    const { types, tones } = JSON.parse(new TextDecoder().decode(bytes('tones.json'))) as TonesFile;
    const all = bytes('tones.bin');
    const idOf = new Map(search.table.stickers.map((sticker) => [sticker.emoji, sticker.id]));
    const tonesOf = (emoji: string) => (tones[idOf.get(emoji) ?? ''] ?? []).map(([, toned]) => toned);
    expect(tonesOf('👍')).toEqual(['👍🏻', '👍🏼', '👍🏽', '👍🏾', '👍🏿']);
    expect(tonesOf('💑')).toHaveLength(25);
    expect(tonesOf('💑').slice(4, 7)).toEqual(['💑🏿', '🧑🏻‍❤️‍🧑🏼', '🧑🏻‍❤️‍🧑🏽']);
    const rows = Object.values(tones).flat();
    const wanted = emojis.flatMap(({ skins = [] }) => skins.map(({ emoji }) => emoji));
    expect(rows.map(([, emoji]) => emoji).toSorted()).toEqual(wanted.toSorted());
    expect(new Set([...rows.map(([id]) => id), ...search.table.stickers.map(({ id }) => id)]).size).toBe(
      rows.length + search.table.stickers.length,
    );
    for (const [, emoji, type, offset, length] of rows) {
      expect(types[type]).toBe('image/webp');
      expect(() => checkWebp(all.subarray(offset, offset + length), emoji)).not.toThrow();
    }
    for (const id of Object.keys(tones)) expect([...idOf.values()]).toContain(id);
  });
  test('no two stickers show the same image, except flags that two places share', () => {
    const images = art.filter((_, at) => !isSvg(at)).map(sha256);
    const twice = images.filter((image, at) => images.indexOf(image) !== at);
    expect(twice).toEqual([]);
  });
  test('every SVG is clean, without double quotes, and with a prefix for its ids', () => {
    const prefixes = new Map<string, string>();
    for (const svg of art.filter((_, at) => isSvg(at)).map((drawing) => new TextDecoder().decode(drawing))) {
      expect(svg).not.toMatch(/"|<script|javascript:|data:|https?:\/\/(?!www\.w3\.org\/2000\/svg')/i);
      expect(cleanSvg(svg, 'built')).toContain('<svg');
      for (const [, prefix = ''] of svg.matchAll(/id='(s[0-9a-f]{6}-)/g)) {
        expect(prefixes.get(prefix) ?? svg).toBe(svg);
        prefixes.set(prefix, svg);
      }
    }
  });
  test('the id of a sticker follows from its contents', () => {
    const ids = search.table.stickers.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\w-]{12}$/);
    const at = search.table.stickers.findIndex(({ emoji }) => emoji === '🦊');
    const content = createHash('sha256')
      .update('core\0🦊\0')
      .update(art[at] ?? new Uint8Array())
      .digest();
    expect(ids[at]).toBe(content.subarray(0, 9).toString('base64url'));
  });
  test('the root of the manifest covers all files', () => {
    const lines = Object.keys(manifest.files).map((name) => `${sha256(bytes(name))}  ${name}\n`);
    expect(manifest.root).toBe(sha256(lines.toSorted().join('')));
    const there = readdirSync(BUILT, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !['index', 'meaning', '.assetsignore'].includes(name),
    );
    expect(there.toSorted()).toEqual([...Object.keys(manifest.files), 'manifest.json'].toSorted());
  });
  test('the notice has the licence of every file and every drawing', () => {
    const notice = readFileSync(path.join(BUILT, 'NOTICE'), 'utf8');
    const rows = new Map(notice.split('\n').map((line) => [line.split('\t')[0], line.split('\t')[1]]));
    for (const { id, pack } of search.table.stickers) {
      expect(rows.get(`art.bin#${id}`)).toMatch(
        pack === 'openmoji' ? /^CC-BY-SA-4\.0$/ : /^(MIT|Apache-2\.0|CC-BY-SA-4\.0)$/,
      );
    }
    for (const tag of search.languages) expect(rows.get(`index/${tag}.bin`)).toBe('Unicode-3.0');
    for (const text of [
      'Apache License',
      'Attribution-ShareAlike 4.0',
      'UNICODE LICENSE V3',
      'Microsoft Corporation',
      'Miles Johnson',
    ]) {
      expect(notice).toContain(text);
    }
  });
});

describe('building', () => {
  const pack = path.join(scratch, 'acme');
  mkdirSync(pack);
  writeFileSync(
    path.join(pack, 'otter.svg'),
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>',
  );
  const own = {
    id: 'acme',
    name: 'ACME',
    licence: 'CC0-1.0',
    attribution: 'ACME',
    stickers: [{ file: 'otter.svg', name: 'corporate otter', locales: { sr: { name: 'видра' } } }],
  };
  writeFileSync(path.join(pack, 'pack.json'), JSON.stringify(own));
  const small = { packs: [pack], openmoji: false, languages: ['sr'] };

  const said: string[] = [];
  let one: Manifest;
  beforeAll(async () => {
    const progress = (line: string): void => void said.push(line);
    one = await buildCatalogue({
      ...small,
      out: path.join(scratch, 'one'),
      stamp: 'of older sources',
      progress,
    });
  }, 300_000);

  test("an operator's pack is found in its languages", () => {
    expect(said.join('\n')).toMatch(/pack acme: 1 stickers, CC0-1\.0/);
    expect(said.at(-1)).toBe(`root: ${one.root}`);
    const read = (name: string) => new Uint8Array(readFileSync(path.join(scratch, 'one', name)));
    const built = openCatalogue(read('catalogue.bin'), read('art.bin'), { whole: true }).search;
    expect(built.search('corporate ott', { locale: 'en' })[0]).toMatchObject({
      pack: 'acme',
      name: 'corporate otter',
    });
    expect(built.search('vidra', { locale: 'sr', packs: ['acme'] })[0]).toMatchObject({ matched: 'видра' });
    expect(readFileSync(path.join(scratch, 'one/NOTICE'), 'utf8')).toMatch(/\tCC0-1\.0\tacme\totter\.svg/);
  });

  test('N45 ensureCatalogue: builds again with the chosen languages and packs, also after both were moved, and gets the same root', async () => {
    const moved = path.join(scratch, 'moved');
    const out = path.join(moved, 'one');
    for (const name of ['acme', 'one'])
      cpSync(path.join(scratch, name), path.join(moved, name), { recursive: true });
    const read = (): string => readFileSync(path.join(out, 'manifest.json'), 'utf8');
    expect(read()).not.toContain(scratch);
    await ensureCatalogue(() => {}, out);
    const again = JSON.parse(read()) as Manifest;
    expect([one.stamp === again.stamp, again.root]).toEqual([false, one.root]);
    expect(Object.keys(again.languages)).toEqual(['en', 'sr']);
    expect(again.packs.map(({ id }) => id)).toEqual(['core', 'acme']);
    await ensureCatalogue(() => expect.unreachable('nothing has changed'), out);
    expect(JSON.parse(read())).toEqual(again);
    const renamed = { ...own, stickers: [{ file: 'otter.svg', name: 'renamed otter' }] };
    writeFileSync(path.join(moved, 'acme/pack.json'), JSON.stringify(renamed));
    await ensureCatalogue(() => {}, out);
    const file = (name: string) => new Uint8Array(readFileSync(path.join(out, name)));
    const built = openCatalogue(file('catalogue.bin'), file('art.bin'), { whole: true }).search;
    expect(built.search('renamed otter', { locale: 'en', limit: 1 })[0]?.pack).toBe('acme');
  }, 300_000);

  test('a refused pack leaves the old catalogue in place', async () => {
    writeFileSync(path.join(pack, 'otter.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>');
    const out = path.join(scratch, 'one');
    const before = readFileSync(path.join(out, 'manifest.json'), 'utf8');
    await expect(buildCatalogue({ ...small, out })).rejects.toThrow(/otter\.svg:1: <script> is not allowed/);
    expect(readFileSync(path.join(out, 'manifest.json'), 'utf8')).toBe(before);
  });
});

describe('mode 0: the search module on a device', () => {
  test('is one module of at most 14 KB gzipped without imports', () => {
    const module = new TextDecoder().decode(bytes('engine.js'));
    expect(gzipSync(module).length).toBeLessThanOrEqual(14 * 1024);
    expect(module).not.toMatch(
      /\bimport\b|\bfetch\(|Date\.now|new Date\(|Math\.random|console\.|localStorage/,
    );
  });
  test('has the same results as the service, in the same order', async () => {
    const module = (await import(path.join(BUILT, 'engine.js'))) as { createSearch: typeof createSearch };
    const indexes = Object.fromEntries(
      ['en', 'es', 'zh', 'sr'].map((tag) => [tag, bytes(`index/${tag}.bin`)]),
    );
    const device = module.createSearch({
      stickers: bytes('stickers.json'),
      indexes,
      meanings: Object.fromEntries(['en', 'es', 'zh'].map((tag) => [tag, bytes(`meaning/${tag}.bin`)])),
      related: bytes('related.bin'),
    });
    const queries = [
      'happy cat',
      'cat',
      'hapy',
      'thumbsup',
      'physician',
      's',
      '',
      '👍🏽',
      'gato',
      '笑脸',
      'мачка',
      'zzzz',
      'solar',
    ];
    for (const locale of ['en', 'es-MX', 'zh-Hant', 'sr-Latn']) {
      for (const query of queries) {
        const wanted = search.search(query, { locale, limit: 48 });
        expect([locale, query, device.search(query, { locale, limit: 48 })]).toEqual([locale, query, wanted]);
      }
    }
    expect(device.search('sun', { locale: 'en', packs: ['openmoji'] })).toEqual(
      search.search('sun', { locale: 'en', packs: ['openmoji'] }),
    );
  });
});
