import type { Words } from './words/index.ts';

/** What one party saw of the last search, as `GET /local/taps` tells it. */
interface Party {
  readonly saw: readonly { readonly fact: string; readonly label: string; readonly value: string }[];
}

export type PartyName = 'relay' | 'gateway' | 'stickers' | 'issuer';
export type Taps = { readonly counts: Readonly<Record<PartyName, number>> } & {
  readonly [party in PartyName]?: Party;
};

/** Two halves, and nobody stands in both. */
const HALVES = [
  { sees: 'seeWho', blind: 'blindWhat', parties: ['relay', 'issuer'] },
  { sees: 'seeWhat', blind: 'blindWho', parties: ['gateway', 'stickers'] },
] as const;

export const PARTIES: readonly PartyName[] = HALVES.flatMap(({ parties }) => parties);

function make(tag: string, name: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  if (name !== '') element.className = name;
  element.append(...children);
  return element;
}

/**
 * One card a party, in the half of what it knows.
 *
 * @param taps - what the parties saw, by now; null before any search
 * @param seen - those that saw something of this search
 */
export function cards(words: Words, taps: Taps | null, seen: ReadonlySet<PartyName>): HTMLElement[] {
  return HALVES.map(({ sees, blind, parties }) =>
    make(
      'section',
      `half ${sees === 'seeWho' ? 'who' : 'what'}`,
      make('h3', '', words[sees]),
      ...parties.map((name) =>
        card(words, name, words[blind], seen.has(name) ? taps?.[name] : taps === null ? undefined : null),
      ),
    ),
  );
}

function card(words: Words, name: PartyName, blind: string, party: Party | null | undefined): HTMLElement {
  const facts = (party?.saw ?? []).flatMap(({ fact, label, value }) => {
    const shown = make('dd', '', value);
    shown.title = value; // all of it, where the card shows its beginning
    shown.dir = 'auto';
    return [make('dt', '', Object.hasOwn(words, fact) ? words[fact as keyof Words] : label), shown];
  });
  const made = make(
    'article',
    `card ${party ? 'seen' : 'idle'}`,
    make('h4', '', words[name]),
    make('p', 'does', words[`${name}Does`]),
    ...(facts.length > 0 ? [make('dl', '', ...facts)] : []),
    ...(party === null ? [make('p', 'nothing', words.nothing)] : []),
    make(
      'p',
      'never',
      make('b', '', blind + words.stop),
      ` ${words.never} ${words[`${name}Never`]}${words.stop}`,
    ),
  );
  made.dataset['party'] = name;
  return made;
}
