import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

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

/** Bundles the demo page in memory. Returns a function that finds the file of a path, or null. */
export async function pageFiles({ catalogue }: PageOptions = {}): Promise<
  (url: string) => Promise<PageFile | null>
> {
  const [modules, html, ...styles] = await Promise.all([
    scripts(),
    readFile(path.join(here, 'index.html'), 'utf8'),
    ...STYLES.map((name) => readFile(path.join(here, name), 'utf8')),
  ]);
  const files = new Map<string, PageFile>([
    ['/', { type: 'text/html; charset=utf-8', body: html }],
    ...modules,
    ...STYLES.map(
      (name, i) => [`/${name}`, { type: 'text/css; charset=utf-8', body: styles[i] ?? '' }] as const,
    ),
  ]);
  return async (url) => {
    const file = files.get(url);
    if (file !== undefined) return file;
    if (catalogue === undefined || !OF_CATALOGUE.test(url)) return null;
    const type = TYPES[path.extname(url)] ?? '';
    return readFile(path.join(catalogue, url)).then(
      (body) => ({ type, body: new Uint8Array(body) }),
      () => null,
    );
  };
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
