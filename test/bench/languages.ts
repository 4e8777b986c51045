import { readFileSync } from 'node:fs';
import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker, ON_LOOPBACK, ROOT } from '../../services/local/src/worker-code.ts';
import { seeded } from '../support/seeded.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import { median, spreadOf } from './measure.ts';
import type { Measured } from './row.ts';

const BUILT = path.join(ROOT, 'services/stickers/catalogue/built');
const STARTS = 7;
const RESAMPLES = 200; // of these starts, which show how far another run may differ
const SHARE = 0.1; // of the languages
/** A beginning of a word, an emoji, and words with edits, for which an index decodes its terms. */
const MORE = ['s', '❤️', 'happ cat', 'zzzz qq'];

const WHO = ['ours', 'bare'] as const;
type Who = (typeof WHO)[number];

/**
 * The sticker Worker alone in workerd, its assets read from disk, while all languages are searched in turn, beside a bare Worker
 * that reads the same files: the first query in a language, CPU time of workerd, the mean of the slowest tenth of the languages
 * (a quantile would be the time of one language, and another one in each run), and the largest growth of our memory after the
 * first query in English. A first query happens once, so that the Workers are started several times, and the time of a language
 * is the median of the starts.
 */
export async function languageFigure(): Promise<Measured> {
  const starts: OneStart[] = [];
  for (let start = 0; start < STARTS; start++) starts.push(await oneStart(start % 2 === 1));
  return figureOfFirsts(starts);
}

/** @param starts - what each start measured */
export function figureOfFirsts(starts: readonly OneStart[]): Measured {
  const [ours, bare] = [slowest('ours', starts), slowest('bare', starts)];
  const random = seeded(1);
  const others = Array.from({ length: RESAMPLES }, () => {
    const some = starts.map(() => starts[Math.floor(random() * starts.length)] as OneStart);
    return meanOf(slowest('ours', some)) / meanOf(slowest('bare', some));
  });
  return {
    ours_us: meanOf(ours),
    peer_us: meanOf(bare),
    ratio: meanOf(ours) / meanOf(bare),
    spread: 2 * spreadOf(others), // as wide as doubtOf, which knows the spread of one start
    limit_us: null,
    each_us: Object.fromEntries(ours),
    growth_bytes: median(starts.map(({ growth_bytes }) => growth_bytes)),
  };
}

type Times = readonly (readonly [locale: string, us: number])[];

/** The slowest languages, each with the median of its starts. */
function slowest(who: Who, starts: readonly OneStart[]): Times {
  const languages = [...(starts[0]?.[who].keys() ?? [])];
  return languages
    .map((locale) => [locale, median(starts.map((start) => start[who].get(locale) ?? Number.NaN))] as const)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, Math.ceil(languages.length * SHARE));
}

const meanOf = (times: Times): number => times.reduce((sum, [, us]) => sum + us, 0) / times.length;

/** Microseconds of the first query in each language. */
export interface OneStart extends Readonly<Record<Who, ReadonlyMap<string, number>>> {
  readonly growth_bytes: number;
}

async function oneStart(isReversed: boolean): Promise<OneStart> {
  const manifest = readFileSync(path.join(BUILT, 'manifest.json'), 'utf8');
  const { languages } = JSON.parse(manifest) as { languages: object };
  const ours = await startAlone('services/stickers/src/index.ts', null);
  const bare = await startAlone('test/bench/bare/workers/languages.ts', ours.pid);
  const sides = { ours, bare };
  try {
    for (const who of WHO) {
      await sides[who].search('cat', 'en');
      await sides[who].search('happy birthday cake', 'en');
    }
    const before = memoryOf(ours.pid, 'VmRSS');
    const firsts = { ours: new Map<string, number>(), bare: new Map<string, number>() };
    for (const locale of Object.keys(languages)) {
      for (const who of isReversed ? WHO.toReversed() : WHO) {
        const { clock, search } = sides[who];
        const began = clock();
        await search('ca', locale);
        firsts[who].set(locale, clock() - began);
        for (const query of MORE) await search(query, locale);
      }
    }
    return { ...firsts, growth_bytes: memoryOf(ours.pid, 'VmHWM') - before };
  } finally {
    await Promise.all([ours.dispose(), bare.dispose()]);
  }
}

/** Starts one Worker that reads the catalogue's files in a workerd of its own. */
async function startAlone(file: string, other: number | null) {
  const { modules } = await bundleWorker(path.join(ROOT, file));
  const worker = {
    name: 'stickers',
    modules,
    compatibilityDate: '2026-10-23',
    bindings: { PAGE_BYTES: 96_000, PAGE_TYPE: 'application/octet-stream' },
    serviceBindings: { ASSETS: { disk: { path: BUILT, writable: false } } },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [worker] as never,
      ...ON_LOOPBACK,
      log: new Log(LogLevel.ERROR),
    }),
  );
  await miniflare.ready;
  const pid = childNamed('workerd', other);
  const { origin } = await miniflare.unsafeGetDirectURL('stickers');
  return {
    pid,
    clock: clockOf(pid),
    search: (q: string, locale: string) => searchOnce(origin, { q, locale, limit: 24, art: 'bytes' }),
    dispose: () => miniflare.dispose(),
  };
}

async function searchOnce(origin: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}/v1/search`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`search: HTTP ${response.status}`);
}

/** Current (VmRSS) or peak (VmHWM) memory of a process in bytes, from Linux's accounting. */
function memoryOf(pid: number | null, field: 'VmRSS' | 'VmHWM'): number {
  if (pid === null) return Number.NaN;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
}
