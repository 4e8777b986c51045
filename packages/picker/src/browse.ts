import type { Groups } from './groups.ts';
import { PERSONAL_PACK, type LocalStickers } from './local-stickers.ts';
import type { PersonalData } from './personal.ts';
import type { Strings } from './strings/index.ts';
import type { Group, Sticker } from './types.ts';
import type { Tab } from './view/tabs.ts';

/** What the picker shows while nothing is searched for. */
export interface Browsing {
  readonly tabs: readonly Tab[];
  readonly tab: Tab | undefined; // the selected one
  readonly stickers: readonly Sticker[];
}

export interface BrowseSources {
  readonly strings: Strings;
  readonly groups: Groups;
  readonly data: PersonalData;
  /** As they were when the tab was opened, so that picking a sticker does not move the others. */
  readonly recents: readonly Sticker[];
  readonly local: LocalStickers;
  /** Whether the person can add packs. */
  readonly hasPacks: boolean;
  /** The tabs to show, in this order; all of them if it is empty. */
  readonly categories: readonly string[];
}

/**
 * The tabs, and the stickers of the selected one.
 *
 * @param selected - the tab that the person chose; null opens the recents, or the first group while there are none
 */
export function browse(sources: BrowseSources, selected: string | null): Browsing {
  const { groups, recents, local } = sources;
  const all = [...groups.all, ...local.groups];
  const tabs = tabsOf(sources, all);
  const first =
    recents.length > 0 ? undefined : tabs.find(({ id }) => all.some((group) => group.id === id))?.id;
  const tab = tabs.find(({ id }) => id === (selected ?? first)) ?? tabs[0];
  const stickers = all.find(({ id }) => id === tab?.id)?.stickers ?? ownStickers(sources, tab?.id);
  return { tabs, tab, stickers };
}

const OWN_TABS = ['recents', 'favourites', 'frequent', PERSONAL_PACK] as const;

/** Whether a tab has stickers of the person, and not of the catalogue or the page. */
export const isOwnTab = (tab: Tab | undefined): boolean => OWN_TABS.some((id) => id === tab?.id);

function tabsOf({ strings, data, hasPacks, categories }: BrowseSources, groups: readonly Group[]): Tab[] {
  const own: Tab[] = OWN_TABS.filter(
    (id) => (id !== 'frequent' || data.used.length > 0) && (id !== 'mine' || hasPacks),
  ).map((id) => ({ id, label: strings[id], icon: id }));
  const all = [...own, ...groups.map((group) => tabOf(group, strings))];
  const chosen = categories.flatMap((id) => all.find((tab) => tab.id === id) ?? []);
  return chosen.length > 0 ? chosen : all;
}

function ownStickers(
  { groups, data, recents, local }: BrowseSources,
  tab: string | undefined,
): readonly Sticker[] {
  if (tab === PERSONAL_PACK) return local.personal;
  const stickers =
    { favourites: data.favourites, frequent: data.used.map(({ sticker }) => sticker) }[tab ?? ''] ?? recents;
  return stickers.map((sticker) => groups.localized(sticker));
}

function tabOf({ id, name }: Group, strings: Strings): Tab {
  const known = (id.split('-')[0] ?? '') as keyof Strings;
  return { id, label: name ?? strings[known] ?? id, icon: known };
}
