import { readFileSync } from 'node:fs';
import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker, ON_LOOPBACK, ROOT } from '../../services/local/src/worker-code.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import { median, quantile } from './measure.ts';
import type { Measured } from './row.ts';
import { doubtOf } from './starts.ts';

const BUILT = path.join(ROOT, 'services/stickers/catalogue/built');
const SHARE = 0.99; // of the languages
/** A beginning of a word, an emoji, and words with edits, for which an index decodes its terms. */
const MORE = ['s', '❤️', 'happ cat', 'zzzz qq'];

/**
 * The sticker Worker alone in workerd, its assets read from disk, while all languages are searched in turn:
 * p99 of the first query in each, CPU time of workerd, and the largest growth of its memory after the first
 * query in English. A first query happens once, so that the Worker is started several times, and the time of a
 * language is the median of the starts.
 */
export async function languageFigure(starts: number): Promise<Measured> {
  const all: OneStart[] = [];
  for (let start = 0; start < starts; start++) all.push(await oneStart());
  const languages = [...(all[0]?.firsts.keys() ?? [])];
  const medians = languages.map((locale) => median(all.map(({ firsts }) => firsts.get(locale) ?? 0)));
  return {
    ours_us: quantile(medians, SHARE),
    peer_us: null,
    ratio: null,
    spread: doubtOf(all.map(({ firsts }) => quantile([...firsts.values()], SHARE))),
    limit_us: null,
    growth_bytes: median(all.map(({ growth_bytes }) => growth_bytes)),
  };
}

interface OneStart {
  /** Microseconds of the first query in each language. */
  readonly firsts: ReadonlyMap<string, number>;
  readonly growth_bytes: number;
}

async function oneStart(): Promise<OneStart> {
  const manifest = readFileSync(path.join(BUILT, 'manifest.json'), 'utf8');
  const { languages } = JSON.parse(manifest) as { languages: object };
  const miniflare = await startAlone();
  try {
    const { origin } = await miniflare.unsafeGetDirectURL('stickers');
    const search = (q: string, locale: string): Promise<void> =>
      searchOnce(origin, { q, locale, limit: 24, art: 'bytes' });
    const pid = childNamed('workerd');
    const clock = clockOf(pid);
    await search('cat', 'en');
    await search('happy birthday cake', 'en');
    const before = memoryOf(pid, 'VmRSS');
    const firsts = new Map<string, number>();
    for (const locale of Object.keys(languages)) {
      const began = clock();
      await search('ca', locale);
      firsts.set(locale, clock() - began);
      for (const query of MORE) await search(query, locale);
    }
    return { firsts, growth_bytes: memoryOf(pid, 'VmHWM') - before };
  } finally {
    await miniflare.dispose();
  }
}

async function startAlone(): Promise<Miniflare> {
  const { modules } = await bundleWorker(path.join(ROOT, 'services/stickers/src/index.ts'));
  const worker = {
    name: 'stickers',
    modules,
    compatibilityDate: '2026-10-23',
    bindings: { PAGE_BYTES: '96000' },
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
  return miniflare;
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
