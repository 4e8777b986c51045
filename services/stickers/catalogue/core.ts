import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** A drawing as it came, with what is known of it before any language. */
export interface Drawing {
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
const FLAG = 9;

/** The standard emoji that the core pack shows, in the order of the standard. Country flags are not among them. */
export function standardEmoji(): StandardEmoji[] {
  const data = readJson('emojibase-data/en/data.json') as {
    emoji: string;
    label: string;
    hexcode: string;
    group?: number;
    subgroup?: number;
    order?: number;
  }[];
  const { groups, subgroups } = readJson('emojibase-data/meta/groups.json') as {
    groups: Record<string, string>;
    subgroups: Record<string, string>;
  };
  const formal = readJson('emojibase-data/meta/unicode-names.json') as Record<string, string>;
  return data
    .filter(
      ({ group, subgroup }) =>
        group !== undefined && group !== COMPONENT && !(group === FLAG && subgroup !== 97),
    )
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map(({ emoji, label, hexcode, group, subgroup }) => ({
      emoji: qualified(emoji),
      label,
      group: groups[String(group)] ?? '',
      subgroup: subgroups[String(subgroup)] ?? '',
      formal: formal[hexcode.replace(/-FE0F$/, '')] ?? '',
    }));
}

/** The form that keyboards send: variation selectors where the standard has them (UTS #51, RGI). */
function qualified(emoji: string): string {
  const bare = emoji.replaceAll('\ufe0f', '');
  return /^\p{RGI_Emoji}$/v.test(bare) ? bare : emoji;
}

/** Fluent's drawing of each emoji, Noto's where Fluent has none. An emoji that neither draws is left out. */
export function coreDrawings(emoji: readonly StandardEmoji[]): Drawing[] {
  const sets = ['fluent-emoji-flat', 'noto'].map((name) => ({
    name,
    set: readJson(`@iconify-json/${name}/icons.json`) as IconSet,
    chars: readJson(`@iconify-json/${name}/chars.json`) as Record<string, string>,
  }));
  return emoji.flatMap(({ emoji: text, label }) => {
    const key = text.replaceAll('\ufe0f', '');
    for (const { name, set, chars } of sets) {
      const icon = chars[hexes(text)] ?? chars[hexes(key)] ?? bySlug(set, label);
      if (icon === undefined) continue;
      const { body, width, height } = resolve(set, icon);
      const box = `0 0 ${width ?? set.width} ${height ?? set.height}`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}">${body}</svg>`;
      return [{ key, emoji: text, pack: 'core', source: name, file: `@iconify-json/${name}: ${icon}`, svg }];
    }
    return [];
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
