/** What one party saw of the last search, as `GET /local/taps` tells it. */
export interface Party {
  readonly title: string;
  readonly sentence: string;
  readonly saw: readonly { readonly label: string; readonly value: string }[];
  readonly never: readonly string[];
}

export type PartyName = 'relay' | 'gateway' | 'stickers' | 'issuer';
export type Taps = { readonly sequence: number } & { readonly [party in PartyName]?: Party };

/** In the order in which a search meets them; the issuer stands aside. */
const PARTIES: readonly {
  readonly name: PartyName;
  readonly title: string;
  readonly who: boolean;
  readonly what: boolean;
  readonly part: string;
}[] = [
  { name: 'relay', title: 'Relay', who: true, what: false, part: 'Passes sealed envelopes on.' },
  { name: 'gateway', title: 'Gateway', who: false, what: true, part: 'Opens envelopes, checks a token.' },
  { name: 'stickers', title: 'Sticker service', who: false, what: true, part: 'Looks the words up.' },
  { name: 'issuer', title: 'Issuer', who: true, what: false, part: 'Hands out blinded tokens.' },
];

function make(tag: string, name: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  if (name !== '') element.className = name;
  element.append(...children);
  return element;
}

const badge = (word: string, sees: boolean): HTMLElement =>
  make('span', sees ? 'badge sees' : 'badge', make('b', '', sees ? 'Sees' : 'Blind to'), ` ${word}`);

/**
 * One card a party.
 *
 * @param taps - null: nobody was asked
 * @param usual - for a party that saw nothing, tell what it sees when it is asked
 */
export function cards(taps: Taps | null, usual: boolean): HTMLElement[] {
  return PARTIES.map(({ name, title, who, what, part }) => {
    const party = taps?.[name];
    const saw = (party?.saw ?? []).flatMap(({ label, value }) => {
      const shown = make('dd', '', value);
      shown.title = value; // all of it, where the card shows its beginning
      return [make('dt', '', label), shown];
    });
    const facts = saw.length > 0 ? make('dl', '', ...saw) : make('p', 'nothing', 'Saw nothing.');
    const never = party
      ? [make('p', 'never', make('b', '', 'Never sees '), `${party.never.join(', ')}.`)]
      : [];
    const card = make(
      'li',
      `card ${party ? 'seen' : 'idle'}`,
      make('h3', '', party?.title ?? title),
      make(
        'p',
        'badges',
        badge('who you are', who && (usual || party !== undefined)),
        badge('what you ask', what && (usual || party !== undefined)),
      ),
      make('p', 'sentence', party?.sentence ?? part),
      facts,
      ...never,
    );
    card.dataset['party'] = name;
    return card;
  });
}
