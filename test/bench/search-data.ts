import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import MiniSearch from 'minisearch';
import { ROOT } from '../../services/local/src/worker-code.ts';
import { PEER_OPTIONS, type SearchData } from './rows/search.ts';

const PEER = path.join(import.meta.dirname, 'dist/minisearch.bin');
const BUILT = path.join(ROOT, 'services/stickers/catalogue/built');

type Annotation = { readonly default?: readonly string[]; readonly tts?: readonly string[] };

/** MiniSearch's index of the English names and keywords of CLDR, as JSON, where the Worker's build finds it. */
export function writeSearchData(): void {
  const file = createRequire(import.meta.url).resolve(
    'cldr-annotations-full/annotations/en/annotations.json',
  );
  const { annotations } = JSON.parse(readFileSync(file, 'utf8')) as {
    annotations: { annotations: Record<string, Annotation> };
  };
  const index = new MiniSearch(PEER_OPTIONS);
  const documents = Object.values(annotations.annotations).map(
    ({ default: keywords = [], tts = [] }, id) => ({
      id,
      name: tts[0] ?? '',
      keywords: keywords.join(' '),
    }),
  );
  index.addAll(documents);
  mkdirSync(path.dirname(PEER), { recursive: true });
  writeFileSync(PEER, JSON.stringify(index));
}

export const searchData = (): SearchData => ({
  archive: new Uint8Array(readFileSync(path.join(BUILT, 'catalogue.bin'))),
  art: new Uint8Array(readFileSync(path.join(BUILT, 'art.bin'))),
  peer: readFileSync(PEER, 'utf8'),
});
