import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import {
  encodeLanguage,
  type Entry,
  HINT,
  KEYWORD,
  type LanguageSource,
  NAME,
} from '@sotto/sticker-search/format';
import { cldrLanguages, cldrSource } from './cldr.ts';
import { standardEmoji } from './core.ts';
import { emoticonWords } from './emoticons.ts';
import { PIVOTS, pivoted } from './pivot.ts';
import { encodeMeanings } from './meaning.ts';
import { romanised } from './romanise.ts';
import { ownWords } from './words.ts';

/** Words for stickers that CLDR does not have: extras and operators' packs. */
export type AddedWords = readonly (Entry & { readonly tag: string })[];

export interface BuiltLanguage {
  readonly tag: string;
  readonly locales: readonly string[];
  readonly bytes: Uint8Array;
  /** The meanings of words that no sticker has; null where there is no table of the language. */
  readonly meaning: Uint8Array | null;
}

interface Job {
  readonly numbers: ReadonlyMap<string, number>;
  readonly stickers: number;
  readonly added: AddedWords;
}

/** Builds the index of every language, on as many threads as there are cores; calls back after each. */
export async function buildLanguages(
  job: Job,
  wanted: readonly string[] | undefined,
  done: (count: number, of: number) => void,
): Promise<BuiltLanguage[]> {
  const languages = [...cldrLanguages()].filter(
    ([tag]) => wanted === undefined || tag === 'en' || wanted.includes(tag),
  );
  const queue = languages.toSorted(([a], [b]) => Number(a === 'en') - Number(b === 'en')); // the slowest first
  const built: BuiltLanguage[] = [];
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: job });
      const next = (): void => {
        const language = queue.pop();
        if (language === undefined) void worker.terminate().then(() => resolve());
        // oxlint-disable-next-line require-post-message-target-origin -- a thread, not a window
        else worker.postMessage(language);
      };
      worker.on('message', (result: BuiltLanguage) => {
        built.push(result);
        done(built.length, languages.length);
        next();
      });
      worker.on('error', reject);
      next();
    });
  await Promise.all(Array.from({ length: Math.min(8, Math.max(1, availableParallelism())) }, run));
  return built.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
}

let emoji: ReturnType<typeof standardEmoji> | null = null; // read once per thread

/**
 * The entries of one language, from CLDR and the added words. English also gets words from the other
 * languages.
 */
export function sourceOf(tag: string, locales: readonly string[], job: Job): LanguageSource {
  const standard = (emoji ??= standardEmoji());
  const read = (language: string, from: readonly string[]): LanguageSource =>
    cldrSource(language, from, standard, job.numbers, job.stickers);
  const source = read(tag, locales);
  const added = job.added.filter((entry) => entry.tag === tag);
  const entries = [...source.entries, ...ownWords(tag, job.numbers), ...added];
  if (tag !== 'en') return { ...source, entries, spellings: (phrase) => romanised(phrase, tag) };
  const others = PIVOTS.map((language) => read(language, [language]).entries);
  const typed = emoticonWords(job.numbers);
  return { ...source, entries: [...entries, ...typed, ...pivoted(source.entries, others)] };
}

function build(tag: string, locales: readonly string[], job: Job): BuiltLanguage {
  const bytes = encodeLanguage(sourceOf(tag, locales, job));
  const meaning = encodeMeanings(tag, bytes, job.stickers, job.numbers);
  return { tag, locales, bytes, meaning };
}

export const KINDS = { name: NAME, keyword: KEYWORD, hint: HINT };

if (parentPort !== null && workerData !== null) {
  const job = workerData as Job;
  const port = parentPort;
  port.on('message', ([tag, locales]: [string, string[]]) => {
    port.postMessage(build(tag, locales, job));
  });
}
