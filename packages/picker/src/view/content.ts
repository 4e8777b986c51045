import { canConsent, canRetry, type Problem } from '../problems.ts';
import type { SearchState } from '../searcher.ts';
import { fill, type Strings } from '../strings/index.ts';
import type { Mode, PersonalPack, Sticker } from '../types.ts';
import { messagePage, noticeStrip, skeleton, toolbar, type Action } from './message.ts';
import type { Content } from './panel.ts';
import type { Tab } from './tabs.ts';

export interface SearchActions {
  readonly mode: Mode;
  readonly canSwitch: boolean; // both the device and the network can be searched
  readonly hasSuggestions: boolean; // the device can be searched
  /** Searches again; `fresh` consents to a token that has not rested. */
  readonly retry: (fresh: boolean) => void;
  readonly switchTo: (mode: Mode) => void;
}

/** The person's packs, and what they can do with them. */
export interface PackActions {
  readonly packs: readonly PersonalPack[];
  /** What happens, or what went wrong when files were added. */
  readonly status: 'adding' | 'noImages' | 'notStored' | null;
  readonly addFile: () => void;
  readonly addFolder: () => void;
  readonly remove: (id: string) => void;
}

/** How many stickers a search found, as a sentence. */
export function countText(strings: Strings, locale: string, { query, stickers, next }: SearchState): string {
  if (stickers.length === 0) return fill(strings.none, { q: query });
  const n = new Intl.NumberFormat(locale).format(stickers.length);
  return fill(strings.found, { n: next === null ? n : `${n}+` });
}

/** What went wrong, and from when on it can work again where that is known. */
export function problemText(
  strings: Strings,
  locale: string,
  problem: Problem,
  until: number | null,
): string {
  if (until === null) return strings[problem];
  const time = new Intl.DateTimeFormat(locale, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
  return `${strings[problem]} ${fill(strings.until, { n: time.format(until * 1000) })}`;
}

/** The panel while nothing is searched for. */
export function browseContent(
  strings: Strings,
  tab: Tab | undefined,
  stickers: readonly Sticker[],
  loading: boolean,
  packs: PackActions,
): Content {
  if (tab?.id === 'mine') return packContent(strings, tab, stickers, packs);
  const heading = [tab?.label ?? ''];
  if (stickers.length > 0) return { stickers, heading };
  if (loading) return { stickers, heading: [strings.loading], message: skeleton() };
  const favourites = tab?.id === 'favourites';
  const title = favourites ? strings.noFavourites : strings.noRecents;
  const hint = favourites ? strings.noFavouritesHint : strings.noRecentsHint;
  return { stickers, heading, message: messagePage({ icon: tab?.icon ?? '', title, hint, actions: [] }) };
}

/** The tab for the stickers that the person added, with buttons to add and remove packs. */
function packContent(strings: Strings, tab: Tab, stickers: readonly Sticker[], packs: PackActions): Content {
  const actions = [
    { label: strings.addFile, run: packs.addFile },
    { label: strings.addFolder, run: packs.addFolder },
    ...packs.packs.map(({ id, name }) => ({
      label: `${strings.remove}: ${name}`,
      run: () => packs.remove(id),
    })),
  ];
  const heading = packs.status === null ? [tab.label] : [tab.label, strings[packs.status]];
  if (stickers.length > 0) return { stickers, heading, notice: toolbar(actions) };
  const hint = packs.status === null ? strings.noMineHint : strings[packs.status];
  return {
    stickers,
    heading,
    message: messagePage({ icon: tab.icon, title: strings.noMine, hint, actions }),
  };
}

/** The panel for a search: stickers, progress, or what went wrong and what to do. */
export function searchContent(
  strings: Strings,
  locale: string,
  state: SearchState,
  actions: SearchActions,
): Content {
  const { stickers, problem, busy, final } = state;
  if (problem !== null) return problemContent(strings, locale, { ...state, problem }, actions);
  if (busy) {
    const heading = [strings.searching];
    return stickers.length > 0 ? { stickers, heading } : { stickers, heading, message: skeleton() };
  }
  if (!final) return unfinishedContent(strings, stickers, actions);
  if (stickers.length > 0) return { stickers, heading: resultHeading(strings, locale, state) };
  return {
    stickers,
    heading: [],
    message: messagePage({
      icon: 'search',
      title: countText(strings, locale, state),
      hint: strings.noneHint,
      actions: switchAction(strings, actions),
    }),
  };
}

function problemContent(
  strings: Strings,
  locale: string,
  state: SearchState & { readonly problem: Problem },
  actions: SearchActions,
): Content {
  const { stickers, problem, until, from } = state;
  const text = problemText(strings, locale, problem, until);
  const buttons: Action[] = [
    ...(canRetry(problem) ? [{ label: strings.retry, run: () => actions.retry(false) }] : []),
    ...switchAction(strings, actions),
    ...(canConsent(problem) ? [{ label: strings.anyway, run: () => actions.retry(true) }] : []),
  ];
  const message = { icon: 'problem', actions: buttons };
  if (stickers.length === 0) {
    return { stickers, heading: [], message: messagePage({ ...message, title: '', hint: text }) };
  }
  const hint = from === 'device' ? strings.shown : '';
  return {
    stickers,
    heading: resultHeading(strings, locale, state),
    notice: noticeStrip({ ...message, title: text, hint }),
  };
}

/** The device is still being searched, or the network has not been searched yet. */
function unfinishedContent(
  strings: Strings,
  stickers: readonly Sticker[],
  { mode, hasSuggestions }: SearchActions,
): Content {
  if (mode === 'device') return { stickers, heading: [strings.loading], message: skeleton() };
  if (stickers.length > 0) {
    return { stickers, heading: ['', hasSuggestions ? strings.suggestions : strings.submitHint] };
  }
  const message = messagePage({ icon: 'network', title: '', hint: strings.submitHint, actions: [] });
  return { stickers, heading: [], message };
}

const resultHeading = (strings: Strings, locale: string, state: SearchState): string[] => [
  countText(strings, locale, state),
  state.from === 'device' ? strings.fromDevice : strings.fromNetwork,
];

function switchAction(strings: Strings, { mode, canSwitch, switchTo }: SearchActions): Action[] {
  if (!canSwitch) return [];
  const to = mode === 'device' ? 'network' : 'device';
  return [{ label: to === 'device' ? strings.useDevice : strings.useNetwork, run: () => switchTo(to) }];
}
