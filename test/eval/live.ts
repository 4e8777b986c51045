import '../../services/local/src/offline-env.ts';
import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { bundleWorker, ON_LOOPBACK, ROOT } from '../../services/local/src/worker-code.ts';

/** One sticker that was found. */
export interface Hit {
  readonly id: string;
  readonly emoji: string; // empty for artwork that is not an emoji
  /**
   * Whether it has every word of the query, the last one perhaps as a prefix. Otherwise it is a near match.
   */
  readonly strict: boolean;
}

/** The sticker service, live: its own Worker in workerd on a loopback port. */
export interface Live {
  /** All stickers that a query finds, best first, at most `most`; page after page. */
  search(query: string, locale: string, most: number): Promise<Hit[]>;
  stop(): Promise<void>;
}

/** Starts the Worker of the `stickers` block of wrangler.toml, alone. */
export async function startStickers(): Promise<Live> {
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(
    path.join(ROOT, 'wrangler.toml'),
    'stickers',
  );
  const { rootPath: _root, modulesRules: _rules, ...rest } = workerOptions;
  const mf = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          ...rest,
          name: 'stickers',
          modules: (await bundleWorker(main ?? '')).modules,
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ] as never,
      ...ON_LOOPBACK,
      log: new Log(LogLevel.WARN),
    }),
  );
  await mf.ready;
  const url = new URL('/v1/search', await mf.unsafeGetDirectURL('stickers'));
  return { search: (query, locale, most) => everyPage(url, query, locale, most), stop: () => mf.dispose() };
}

const ATTEMPTS = 3;

/** Sends a search again whose connection workerd closed because it was idle while scores were computed. */
async function post(url: URL, search: object): Promise<Response> {
  const body = JSON.stringify(search);
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function everyPage(url: URL, q: string, locale: string, most: number): Promise<Hit[]> {
  const found: Hit[] = [];
  for (let cursor: string | null = null; found.length < most;) {
    const limit = Math.min(48, most - found.length);
    const response = await post(url, { q, locale, limit, ...(cursor === null ? {} : { cursor }) });
    if (response.status >= 400 && response.status < 500) {
      process.stderr.write(`refused with ${response.status}: ${JSON.stringify(q.slice(0, 60))}\n`);
      return found; // an invalid query finds nothing
    }
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${JSON.stringify(q)}`);
    const page = (await response.json()) as {
      results: Omit<Hit, 'strict'>[];
      strict: number;
      next: string | null;
    };
    found.push(...page.results.map((hit, i) => ({ ...hit, strict: i < page.strict })));
    cursor = page.next;
    if (cursor === null) break;
  }
  return found;
}
