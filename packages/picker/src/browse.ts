import type { Groups } from './groups.ts';
import type { PersonalData } from './personal.ts';
import type { Strings } from './strings/index.ts';
import type { Group, Sticker } from './types.ts';
import type { Tab } from './view/tabs.ts';

const OWN_TABS = ['recents', 'favourites'] as const;

/** What the picker shows while nothing is searched for. */
export interface Browsing {
  readonly tabs: readonly Tab[];
  readonly tab: Tab | undefined; // the selected one
  readonly stickers: readonly Sticker[];
}

/**
 * The tabs, and the stickers of the selected one.
 *
 * @param selected - the tab that the person chose; null opens the recents, or the first group while there are none
 * @param recents - as they were when the tab was opened, so that picking a sticker does not move the others
 */
export function browse(
  strings: Strings,
  groups: Groups,
  { favourites }: PersonalData,
  recents: readonly Sticker[],
  selected: string | null,
): Browsing {
  const own = OWN_TABS.map((id): Tab => ({ id, label: strings[id], icon: id }));
  const tabs = [...own, ...groups.all.map((group) => tabOf(group, strings))];
  const first = recents.length > 0 ? undefined : groups.all[0]?.id;
  const tab = tabs.find(({ id }) => id === (selected ?? first)) ?? tabs[0];
  const group = groups.all.find(({ id }) => id === tab?.id);
  const personal = tab?.id === 'favourites' ? favourites : recents;
  const stickers = group?.stickers ?? personal.map((sticker) => groups.localized(sticker));
  return { tabs, tab, stickers };
}

function tabOf({ id, name }: Group, strings: Strings): Tab {
  const known = (id.split('-')[0] ?? '') as keyof Strings;
  return { id, label: name ?? strings[known] ?? id, icon: known };
}
