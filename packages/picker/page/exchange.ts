import { $, make } from './dom.ts';
import { PARTIES, type Fact, type PartyName, type TapReport } from './local.ts';
import type { Words } from './words/index.ts';

/** The fact that shows who somebody is, or what they search for; the other half of the party stays blank. */
const KNOWS: Readonly<Record<PartyName, { readonly half: 'knowsWho' | 'knowsWhat'; readonly fact: string }>> =
  {
    relay: { half: 'knowsWho', fact: 'address' },
    gateway: { half: 'knowsWhat', fact: 'says' },
    stickers: { half: 'knowsWhat', fact: 'says' },
    issuer: { half: 'knowsWho', fact: 'account' },
  };

/**
 * The picture of the exchange: one row for the person and for each party, with a half for who they are and one for
 * what they search for.
 *
 * @param report - what the parties saw of this search alone; null before any search
 */
export function showExchange(words: Words, report: TapReport | null): void {
  const head = make(
    'div',
    'row head',
    make('span', 'name'),
    make('span', '', words.knowsWho),
    make('span', '', words.knowsWhat),
  );
  head.setAttribute('aria-hidden', 'true'); // each cell repeats it in its label
  $('#exchange').replaceChildren(
    head,
    personRow(words),
    ...PARTIES.map((party) => partyRow(words, party, report)),
  );
  $('#facts').replaceChildren(...facts(words, report));
}

function personRow(words: Words): HTMLElement {
  const row = make(
    'div',
    'row person',
    name(words.you, words.youDoes),
    make('p', 'cell known both', make('span', 'value', words.youKnow)),
  );
  row.dataset['party'] = 'person';
  return row;
}

function partyRow(words: Words, party: PartyName, report: TapReport | null): HTMLElement {
  const seen = report?.[party];
  const { half, fact } = KNOWS[party];
  const value = seen?.saw.find((one) => one.fact === fact)?.value;
  const halves = (['knowsWho', 'knowsWhat'] as const).map((one) => {
    const known = one === half;
    const text = known ? knownText(words, party, report, value) : words.blank;
    const cell = make(
      'p',
      `cell ${known ? 'known' : 'blank'} ${one}`,
      make('span', 'label', `${words[one]}: `),
      make('span', 'value', text),
    );
    cell.title = text;
    return cell;
  });
  const row = make(
    'div',
    `row ${party} ${seen ? 'seen' : 'idle'}`,
    name(words[party], words[`${party}Does`]),
    ...halves,
  );
  row.dataset['party'] = party;
  return row;
}

/** What a party knows: a value from this search, what it would learn, or that it was not contacted. */
function knownText(
  words: Words,
  party: PartyName,
  report: TapReport | null,
  value: string | undefined,
): string {
  const { fact } = KNOWS[party];
  if (value !== undefined) return fact === 'says' ? queryOf(words, value) : value.replace(/ port \d+$/, '');
  if (report === null) return words[`${party}Learns`];
  return report[party] === undefined ? words.nothing : words.nobody;
}

const name = (text: string, does: string): HTMLElement =>
  make('div', 'name', make('b', '', text), make('span', 'does', does));

/** The words of a search request, or all of it if it is something else. */
function queryOf(words: Words, body: string): string {
  try {
    const { q } = JSON.parse(body) as { q?: unknown };
    return typeof q === 'string' ? words.quoted.replace('{q}', () => q) : body;
  } catch {
    return body;
  }
}

function facts(words: Words, report: TapReport | null): HTMLElement[] {
  const seen = PARTIES.filter((party) => report?.[party] !== undefined);
  if (seen.length === 0) return [make('p', '', words.noBytes)];
  return seen.map((party) => {
    const list = (report?.[party]?.saw ?? []).flatMap((fact) => factRow(words, fact));
    const section = make('div', 'saw', make('h3', '', words[party]), make('dl', '', ...list));
    section.dataset['of'] = party;
    return section;
  });
}

function factRow(words: Words, { fact, label, value }: Fact): HTMLElement[] {
  const shown = make('dd', '', value);
  shown.dir = 'auto';
  return [make('dt', '', Object.hasOwn(words, fact) ? words[fact as keyof Words] : label), shown];
}
