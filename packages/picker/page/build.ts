import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { integrityManifest, manifestHeader, withIntegrity } from './integrity.ts';

/** A file of the demo page. */
export interface PageFile {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Pages of other origins may load it. */
  readonly shared?: boolean;
}

/** What the demo page is built from. */
export interface PageOptions {
  /** Folder of the built catalogue. Its engine, indexes and art are served. */
  readonly catalogue?: string;
}

const here = import.meta.dirname;
const JAVASCRIPT = 'text/javascript; charset=utf-8';
const STYLES = ['page.css', 'exchange.css'];
const TYPES: Readonly<Record<string, string>> = {
  '.js': JAVASCRIPT,
  '.json': 'application/json',
  '.bin': 'application/octet-stream',
};
/** The files of the catalogue that the page loads. */
const OF_CATALOGUE =
  /^\/(?:engine\.js|(?:first|stickers|tones)\.json|(?:related|art|tones)\.bin|(?:index|meaning)\/[a-z]{2,3}\.bin)$/;

/** The demo page. */
export interface Page {
  /** The file of a path, or null. */
  readonly find: (url: string) => Promise<PageFile | null>;
  /** The value of `Integrity-Policy-WAICT-v1`. */
  readonly integrity: string;
}

/** Bundles the demo page in memory. Its scripts and styles have their integrity, and a manifest has every file. */
export async function pageFiles({ catalogue }: PageOptions = {}): Promise<Page> {
  const [modules, html, ...styles] = await Promise.all([
    scripts(),
    readFile(path.join(here, 'index.html'), 'utf8'),
    ...STYLES.map((name) => readFile(path.join(here, name), 'utf8')),
  ]);
  const files = new Map<string, PageFile>([
    ...modules,
    ...STYLES.map(
      (name, i) => [`/${name}`, { type: 'text/css; charset=utf-8', body: styles[i] ?? '' }] as const,
    ),
  ]);
  const bodies = new Map<string, PageFile['body']>([...files].map(([url, { body }]) => [url, body]));
  const page = withIntegrity(html, bodies);
  const stored = catalogue === undefined ? [] : await storedFiles(catalogue);
  const manifest = integrityManifest(
    new Map<string, string | Uint8Array>([...bodies, ...stored, ['/', page]]),
  );
  files.set('/', { type: 'text/html; charset=utf-8', body: page });
  files.set(manifest.path, { type: 'application/json', body: manifest.body });
  const find = async (url: string): Promise<PageFile | null> => {
    const file = files.get(url);
    if (file !== undefined) return file;
    if (catalogue === undefined || !OF_CATALOGUE.test(url)) return null;
    const type = TYPES[path.extname(url)] ?? '';
    return readFile(path.join(catalogue, url)).then(
      (body) => ({ type, body: new Uint8Array(body) }),
      () => null,
    );
  };
  return { find, integrity: manifestHeader(manifest) };
}

/** The files of a catalogue that the page loads, by path. */
async function storedFiles(catalogue: string): Promise<(readonly [url: string, body: Uint8Array])[]> {
  const names = await readdir(catalogue, { recursive: true }).catch(() => []);
  const urls = names
    .map((name) => `/${name.replaceAll(path.sep, '/')}`)
    .filter((url) => OF_CATALOGUE.test(url));
  return Promise.all(urls.map(async (url) => [url, await readFile(path.join(catalogue, url))] as const));
}

const BUNDLE = {
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  charset: 'utf8',
  target: 'es2022',
} as const;

/** The page's module, the parts that it loads when they are needed, and `sotto.js`, which is whole. */
async function scripts(): Promise<(readonly [url: string, file: PageFile])[]> {
  const [parts, whole] = await Promise.all([
    build({
      ...BUNDLE,
      entryPoints: [path.join(here, 'page.ts')],
      outdir: '/',
      chunkNames: 'part-[hash]',
      splitting: true,
      external: ['/engine.js'],
    }),
    build({ ...BUNDLE, entryPoints: [path.join(here, 'shared.ts')] }),
  ]);
  const shared = { type: JAVASCRIPT, body: whole.outputFiles[0]?.text ?? '', shared: true };
  return [
    ...parts.outputFiles.map(({ path: url, text }) => [url, { type: JAVASCRIPT, body: text }] as const),
    ['/sotto.js', shared],
  ];
}
