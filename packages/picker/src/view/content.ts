import { canConsent, canRetry } from '../problems.ts';
import type { Outcome } from '../searcher.ts';
import { fill, type Strings } from '../strings/index.ts';
import type { Mode, Sticker } from '../types.ts';
import type { Shown } from './frame.ts';
import { emptyState, notice, skeleton, type Action } from './state.ts';
import type { Tab } from './tabs.ts';

type Content = Pick<Shown, 'stickers' | 'heading' | 'state' | 'notice'>;

interface Ways {
  readonly mode: Mode;
  readonly both: boolean; // the device and the network can be searched
  readonly suggests: boolean; // the device can
  /** Asks once more; with consent to a token that has not rested. */
  readonly again: (fresh: boolean) => void;
  readonly turn: (mode: Mode) => void;
}

/** How many stickers a search found, in words of a locale. */
export function counted(strings: Strings, locale: string, { query, stickers, next }: Outcome): string {
  if (stickers.length === 0) return fill(strings.none, { q: query });
  const n = new Intl.NumberFormat(locale).format(stickers.length);
  return fill(strings.found, { n: next === null ? n : `${n}+` });
}

/** What went wrong, and when it will be better where that is known. */
export function told(strings: Strings, locale: string, { problem, until }: Outcome): string {
  if (problem === null) return '';
  if (until === null) return strings[problem];
  const time = new Intl.DateTimeFormat(locale, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
  return `${strings[problem]} ${fill(strings.until, { n: time.format(until * 1000) })}`;
}

/** What stands under a tab while nothing is searched for. */
export function browsed(
  strings: Strings,
  tab: Tab | undefined,
  stickers: readonly Sticker[],
  loading: boolean,
): Content {
  const heading = [tab?.label ?? ''];
  if (stickers.length > 0) return { stickers, heading };
  if (loading) return { stickers, heading: [strings.loading], state: skeleton() };
  const favourites = tab?.id === 'favourites';
  const title = favourites ? strings.noFavourites : strings.noRecents;
  const hint = favourites ? strings.noFavouritesHint : strings.noRecentsHint;
  return { stickers, heading, state: emptyState({ icon: tab?.icon ?? '', title, hint, actions: [] }) };
}

/** What stands there for a search: stickers, what is awaited, or what happened and what to do. */
export function found(strings: Strings, locale: string, outcome: Outcome, ways: Ways): Content {
  const { stickers, from, busy, final, problem, query } = outcome;
  const whence = from === 'device' ? strings.fromDevice : strings.fromNetwork;
  if (problem !== null) {
    const actions = canRetry(problem) ? [{ label: strings.retry, run: () => ways.again(false) }] : [];
    const other = ways.both ? [theOther(strings, ways)] : [];
    if (canConsent(problem)) actions.push(...other, { label: strings.anyway, run: () => ways.again(true) });
    else actions.push(...other);
    const said = { icon: 'problem', actions };
    const title = told(strings, locale, outcome);
    if (stickers.length === 0) {
      return { stickers, heading: [], state: emptyState({ ...said, title: '', hint: title }) };
    }
    const strip = notice({ ...said, title, hint: from === 'device' ? strings.shown : '' });
    return { stickers, heading: [counted(strings, locale, outcome), whence], notice: strip };
  }
  if (busy) {
    const heading = [strings.searching];
    return stickers.length > 0 ? { stickers, heading } : { stickers, heading, state: skeleton() };
  }
  if (final && stickers.length > 0) {
    return { stickers, heading: [counted(strings, locale, outcome), whence] };
  }
  if (final) {
    const actions = ways.both ? [theOther(strings, ways)] : [];
    const none = { icon: 'search', title: fill(strings.none, { q: query }), hint: strings.noneHint };
    return { stickers, heading: [], state: emptyState({ ...none, actions }) };
  }
  if (ways.mode === 'device') return { stickers, heading: [strings.loading], state: skeleton() };
  const hint = ways.suggests ? strings.suggestions : strings.submitHint;
  if (stickers.length > 0) return { stickers, heading: ['', hint] };
  const waiting = { icon: 'network', title: '', hint: strings.submitHint, actions: [] };
  return { stickers, heading: [], state: emptyState(waiting) };
}

function theOther(strings: Strings, { mode, turn }: Ways): Action {
  const to = mode === 'device' ? 'network' : 'device';
  return { label: to === 'device' ? strings.useDevice : strings.useNetwork, run: () => turn(to) };
}
