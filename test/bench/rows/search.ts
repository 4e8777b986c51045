import MiniSearch from 'minisearch';
import { openCatalogue, type Catalogue } from '../../../services/stickers/src/catalogue.ts';
import type { Measured, Row } from '../row.ts';

/** What both engines load: our catalogue, and MiniSearch's index of the same names and keywords as JSON. */
export interface SearchData {
  readonly archive: Uint8Array;
  readonly art: Uint8Array;
  readonly peer: string;
}

export const PEER_OPTIONS = { fields: ['name', 'keywords'], searchOptions: { prefix: true, fuzzy: 0.2 } };

/** What people type: one word, two, a half, a slip of a finger, and things that are nowhere. */
const QUERIES = [
  'cat/happy/heart/dog/fire/tree/flag/sun/pizza/ghost/party/rain',
  'happy cat/red heart/crying face/thumbs up/birthday cake/green apple/sleeping cat',
  'hap/bir/s/sa/sad/umb/roc/star s/cat f',
  'hapy/haert/brithday/umbrela/elefant/pizzza/chrismas tre',
  'zzzz/qwertyuiop/happy qqqq/a very long query of many words that nobody wrote',
].flatMap((line) => line.split('/'));
const TIMES = 12; // each query, so that a clock of a millisecond will do
const ROUNDS = 5;

/** Queries at the middle and the end of the scale, and making an index ready from its bytes. */
export function searchRows({ archive, art, peer }: SearchData): Row[] {
  const load = (): Catalogue => {
    const catalogue = openCatalogue(archive, art);
    catalogue.search.search('cat', { locale: 'en', limit: 1 });
    return catalogue;
  };
  const loadPeer = (): MiniSearch => MiniSearch.loadJSON(peer, PEER_OPTIONS);
  let opened: { ours: Catalogue; theirs: MiniSearch } | undefined;
  const engines = () => (opened ??= { ours: load(), theirs: loadPeer() });
  const ours = (query: string): unknown => engines().ours.search.search(query, { locale: 'en', limit: 24 });
  const theirs = (query: string): unknown => engines().theirs.search(query).slice(0, 24);
  const check = async (): Promise<void> => {
    for (const find of [ours, theirs]) {
      if ((find('cat') as unknown[]).length === 0) throw new Error('search: a cat is nowhere');
    }
  };
  const quantileRow = (name: string, share: number): Row => ({
    name,
    peer: 'minisearch',
    ours: () => ours('happy cat'),
    theirs: () => theirs('happy cat'),
    check,
    timed: async (now) => quantiles({ ours, theirs }, share, now),
  });
  return [
    quantileRow('search.query.p50', 0.5),
    quantileRow('search.query.p99', 0.99),
    { name: 'search.load', peer: 'minisearch', ours: load, theirs: loadPeer, check },
  ];
}

function quantiles(
  { ours, theirs }: { ours: (query: string) => unknown; theirs: (query: string) => unknown },
  share: number,
  now: () => number,
): Measured {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const at = (find: (query: string) => unknown): number => {
      const times = QUERIES.map((query) => {
        const began = now();
        for (let i = 0; i < TIMES; i++) find(query);
        return ((now() - began) * 1000) / TIMES;
      });
      return times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? 0;
    };
    rounds.push({ ours: at(ours), theirs: at(theirs) });
  }
  const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  return {
    ours_us: middle(rounds.map((round) => round.ours)),
    peer_us: middle(rounds.map((round) => round.theirs)),
    ratio: middle(rounds.map((round) => round.ours / round.theirs)),
    limit_us: null,
  };
}
