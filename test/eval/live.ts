import '../support/offline-env.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';

const root = path.resolve(import.meta.dirname, '../..');

/** One sticker that was found. */
export interface Hit {
  readonly id: string;
  readonly emoji: string; // empty for a drawing that no keyboard types
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
    path.join(root, 'wrangler.toml'),
    'stickers',
  );
  const { rootPath: _root, modulesRules: _rules, ...rest } = workerOptions;
  const { script, data } = await bundle(main ?? '');
  const mf = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          ...rest,
          name: 'stickers',
          modules: [
            { type: 'ESModule', path: 'index.js', contents: script },
            ...data.map((file) => ({
              type: 'Data' as const,
              path: path.basename(file),
              contents: new Uint8Array(readFileSync(file)),
            })),
          ],
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ] as never,
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      telemetry: { enabled: false },
      unsafeObservability: false,
      unsafeLocalExplorer: false,
      log: new Log(LogLevel.WARN),
    }),
  );
  await mf.ready;
  const url = new URL('/v1/search', await mf.unsafeGetDirectURL('stickers'));
  return { search: (query, locale, most) => everyPage(url, query, locale, most), stop: () => mf.dispose() };
}

async function everyPage(url: URL, q: string, locale: string, most: number): Promise<Hit[]> {
  const found: Hit[] = [];
  for (let cursor: string | null = null; found.length < most;) {
    const limit = Math.min(48, most - found.length);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ q, locale, limit, ...(cursor === null ? {} : { cursor }) }),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${JSON.stringify(q)}`);
    const page = (await response.json()) as { results: Hit[]; next: string | null };
    found.push(...page.results);
    cursor = page.next;
    if (cursor === null) break;
  }
  return found;
}

/** Bundles the Worker as a deployment does: `.bin` files become data modules beside it. */
async function bundle(entry: string): Promise<{ script: string; data: string[] }> {
  const data: string[] = [];
  const bins: Plugin = {
    name: 'data-modules',
    setup(bundler) {
      bundler.onResolve({ filter: /\.bin$/ }, ({ path: file, resolveDir }) => {
        data.push(path.resolve(resolveDir, file));
        return { path: `./${path.basename(file)}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser', 'import'],
    external: ['cloudflare:*', 'node:*'],
    plugins: [bins],
    logLevel: 'warning',
  });
  return { script: outputFiles[0]?.text ?? '', data };
}
