import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { openArchive } from '@sotto/sticker-search/format';

const require = createRequire(import.meta.url);

/** A source image, with the facts about it that do not depend on a language. */
export interface Artwork {
  readonly key: string; // unique in its pack; for standard emoji without variation selectors
  readonly emoji: string;
  readonly pack: string;
  readonly source: string; // a row of SOURCES
  readonly file: string; // where it came from, for errors and the notice
  readonly svg?: string;
  readonly webp?: Uint8Array;
}

/** A standard emoji in a skin tone, or in two. */
export interface TonedArtwork extends Artwork {
  /** The key of the sticker without skin tones. */
  readonly base: string;
}

/** A standard emoji, as Unicode groups it. */
export interface StandardEmoji {
  readonly emoji: string;
  readonly label: string; // English, as CLDR writes it
  readonly group: string;
  readonly subgroup: string;
  readonly formal: string; // its character's name in the standard; empty for a sequence
}

interface IconSet {
  readonly icons: Record<
    string,
    { readonly body: string; readonly width?: number; readonly height?: number }
  >;
  readonly aliases?: Record<string, { readonly parent: string }>;
  readonly width: number;
  readonly height: number;
}

export const readJson = (specifier: string): unknown =>
  JSON.parse(readFileSync(require.resolve(specifier), 'utf8'));

const COMPONENT = 2;
const FLAGS = 'flags';

interface EmojibaseRow {
  readonly emoji: string;
  readonly label: string;
  readonly hexcode: string;
  readonly group?: number;
  readonly subgroup?: number;
  readonly order?: number;
  readonly emoticon?: string | readonly string[];
  readonly skins?: readonly { readonly emoji: string; readonly tone: number | readonly number[] }[];
}

const emojibase = (): EmojibaseRow[] => readJson('emojibase-data/en/data.json') as EmojibaseRow[];

/** The standard emoji of the core pack, in Unicode's order. */
export function standardEmoji(): StandardEmoji[] {
  const data = emojibase();
  const { groups, subgroups } = readJson('emojibase-data/meta/groups.json') as {
    groups: Record<string, string>;
    subgroups: Record<string, string>;
  };
  const formal = readJson('emojibase-data/meta/unicode-names.json') as Record<string, string>;
  return data
    .filter(({ group }) => group !== undefined && group !== COMPONENT)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map(({ emoji, label, hexcode, group, subgroup }) => ({
      emoji: qualified(emoji),
      label,
      group: groups[String(group)] ?? '',
      subgroup: subgroups[String(subgroup)] ?? '',
      formal: formal[hexcode.replace(/-FE0F$/, '')] ?? '',
    }));
}

/** The emoticons of standard emoji, as emojibase has them. */
export const standardEmoticons = (): (readonly [emoji: string, emoticons: readonly string[]])[] =>
  emojibase().map(({ emoji, emoticon = [] }) => [emoji, [emoticon].flat()]);

/** The form that keyboards send: variation selectors where Unicode has them (UTS #51, RGI). */
function qualified(emoji: string): string {
  const plain = bare(emoji);
  return /^\p{RGI_Emoji}$/v.test(plain) ? plain : emoji;
}

/** Images of an archive in `fluent-3d/`, by emoji without variation selectors. */
const fluent3d = (name: 'stickers' | 'tones' | 'flat-tones'): Record<string, Uint8Array> =>
  openArchive(new Uint8Array(readFileSync(path.join(import.meta.dirname, `fluent-3d/${name}.bin`))));

const FLAT_SETS = ['fluent-emoji-flat', 'noto'];

/** A drawing of an icon set. */
export type FlatArtwork = Pick<Artwork, 'source' | 'file'> & { readonly svg: string };

/** Finds the flat drawing of an emoji: Fluent's, or Noto's where Fluent has none. */
export function flatArtwork(): (text: string, label: string) => FlatArtwork | null {
  const sets = FLAT_SETS.map((name) => ({
    name,
    set: readJson(`@iconify-json/${name}/icons.json`) as IconSet,
    chars: readJson(`@iconify-json/${name}/chars.json`) as Record<string, string>,
  }));
  return (text, label) => {
    for (const { name, set, chars } of sets) {
      const icon = chars[hexes(text)] ?? chars[hexes(bare(text))] ?? bySlug(set, label);
      if (icon === undefined) continue;
      const { body, width, height } = resolve(set, icon);
      const box = `0 0 ${width ?? set.width} ${height ?? set.height}`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}">${body}</svg>`;
      return { source: name, file: `@iconify-json/${name}: ${icon}`, svg };
    }
    return null;
  };
}

/**
 * Fluent's 3D art of each emoji, its flat art where there is none, Noto's where Fluent has none, OpenMoji's for the flags
 * of countries. An emoji that has no art is left out.
 *
 * @param openmoji - whether OpenMoji's licence (CC-BY-SA-4.0) is wanted
 */
export function coreArtwork(emoji: readonly StandardEmoji[], openmoji: boolean): Artwork[] {
  const images = fluent3d('stickers');
  const flat = flatArtwork();
  return emoji.flatMap(({ emoji: text, label, group }): Artwork[] => {
    const key = bare(text);
    const webp = images[key];
    const found = webp
      ? { source: 'fluent-emoji-3d', file: `fluent-3d/stickers.bin: ${key}`, webp }
      : flat(text, label);
    if (found !== null) return [{ key, emoji: text, pack: 'core', ...found }];
    const file = `openmoji/color/svg/${hexes(key).toUpperCase()}.svg`;
    if (!openmoji || group !== FLAGS) return [];
    const svg = readFileSync(require.resolve(file), 'utf8');
    return [{ key, emoji: text, pack: 'core', source: 'openmoji', file, svg }];
  });
}

/** Every standard emoji in each skin tone, then in each pair of two, light to dark. */
export function standardTones(): { readonly base: string; readonly emoji: string }[] {
  const order = (tone: number | readonly number[]): number =>
    [tone].flat().reduce((sum, n) => 10 * sum + n, 0);
  return emojibase().flatMap(({ emoji, skins = [] }) =>
    skins
      .toSorted((one, other) => order(one.tone) - order(other.tone))
      .map((skin) => ({ base: bare(emoji), emoji: skin.emoji })),
  );
}

/** The art of all skin tones: Fluent's in 3D, and what the recipe made of flat drawings where there is none. */
export function tonedArtwork(): TonedArtwork[] {
  const images = fluent3d('tones');
  const drawn = new Map(
    Object.entries(fluent3d('flat-tones')).map(([name, webp]) => {
      const [source = '', key = ''] = name.split('/');
      return [key, { source, file: `fluent-3d/flat-tones.bin: ${name}`, webp }];
    }),
  );
  return standardTones().flatMap(({ base, emoji }): TonedArtwork[] => {
    const key = bare(emoji);
    const webp = images[key];
    const found = webp
      ? { source: 'fluent-emoji-3d', file: `fluent-3d/tones.bin: ${key}`, webp }
      : drawn.get(key);
    return found === undefined ? [] : [{ key, emoji, pack: 'core', base, ...found }];
  });
}

/** An emoji without variation selectors. */
export const bare = (text: string): string => text.replaceAll('\ufe0f', '');
const hexes = (text: string): string =>
  Array.from(text, (c) => (c.codePointAt(0) ?? 0).toString(16)).join('-');

/** Digits, © and ® are no emoji by themselves, so the sets list them by name alone. */
function bySlug({ icons }: IconSet, label: string): string | undefined {
  const keycap = /^keycap: (.)$/.exec(label)?.[1];
  const names: Readonly<Record<string, string>> = { '#': 'keycap-hashtag', '*': 'keycap-asterisk' };
  const slug = keycap === undefined ? label : (names[keycap] ?? `keycap-${keycap}`);
  return [slug, slug.replace('hashtag', 'number-sign')].find((name) => Object.hasOwn(icons, name));
}

function resolve(set: IconSet, icon: string): IconSet['icons'][string] {
  const found = set.icons[icon] ?? set.icons[set.aliases?.[icon]?.parent ?? ''];
  if (found === undefined) throw new Error(`no drawing ${icon}`);
  return found;
}
