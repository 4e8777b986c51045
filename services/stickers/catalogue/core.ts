import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** A drawing as it came, with what is known of it before any language. */
export interface Artwork {
  readonly key: string; // unique in its pack; for standard emoji without variation selectors
  readonly emoji: string;
  readonly pack: string;
  readonly source: string; // a row of SOURCES
  readonly file: string; // where it came from, for errors and the notice
  readonly svg?: string;
  readonly webp?: Uint8Array;
}

/** A standard emoji as Unicode groups it. */
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
}

const emojibase = (): EmojibaseRow[] => readJson('emojibase-data/en/data.json') as EmojibaseRow[];

/** The standard emoji that the core pack shows, in the order of the standard. */
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

/** The form that keyboards send: variation selectors where the standard has them (UTS #51, RGI). */
function qualified(emoji: string): string {
  const bare = emoji.replaceAll('\ufe0f', '');
  return /^\p{RGI_Emoji}$/v.test(bare) ? bare : emoji;
}

/**
 * Fluent's art of each emoji, Noto's where Fluent has none, OpenMoji's for the flags of countries. An emoji that has
 * no art is left out.
 *
 * @param openmoji - whether OpenMoji's licence (CC-BY-SA-4.0) is wanted
 */
export function coreArtwork(emoji: readonly StandardEmoji[], openmoji: boolean): Artwork[] {
  const sets = ['fluent-emoji-flat', 'noto'].map((name) => ({
    name,
    set: readJson(`@iconify-json/${name}/icons.json`) as IconSet,
    chars: readJson(`@iconify-json/${name}/chars.json`) as Record<string, string>,
  }));
  return emoji.flatMap(({ emoji: text, label, group }): Artwork[] => {
    const key = text.replaceAll('\ufe0f', '');
    for (const { name, set, chars } of sets) {
      const icon = chars[hexes(text)] ?? chars[hexes(key)] ?? bySlug(set, label);
      if (icon === undefined) continue;
      const { body, width, height } = resolve(set, icon);
      const box = `0 0 ${width ?? set.width} ${height ?? set.height}`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}">${body}</svg>`;
      return [{ key, emoji: text, pack: 'core', source: name, file: `@iconify-json/${name}: ${icon}`, svg }];
    }
    const file = `openmoji/color/svg/${hexes(key).toUpperCase()}.svg`;
    if (!openmoji || group !== FLAGS) return [];
    const svg = readFileSync(require.resolve(file), 'utf8');
    return [{ key, emoji: text, pack: 'core', source: 'openmoji', file, svg }];
  });
}

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
