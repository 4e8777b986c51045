import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

export interface PageFile {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

export interface PageOptions {
  /** Folder of the built catalogue, of which the on-device engine, its indexes and its art are served. */
  readonly catalogue?: string;
}

const here = import.meta.dirname;
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.bin': 'application/octet-stream',
};
/** What of the catalogue may be asked for. */
const OF_CATALOGUE = /^\/(?:engine\.js|stickers\.json|synonyms\.bin|art\.bin|index\/[a-z]{2,3}\.bin)$/;

/** Bundles the showcase page in memory, and answers each path with a file or null. */
export async function pageFiles({ catalogue }: PageOptions = {}): Promise<
  (url: string) => Promise<PageFile | null>
> {
  const [script, html, css] = await Promise.all([
    bundle(),
    readFile(path.join(here, 'index.html'), 'utf8'),
    readFile(path.join(here, 'page.css'), 'utf8'),
  ]);
  const files = new Map<string, PageFile>([
    ['/', { type: 'text/html; charset=utf-8', body: html }],
    ['/page.js', { type: TYPES['.js'] ?? '', body: script }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: css }],
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

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(here, 'page.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
    external: ['/engine.js'],
  });
  return outputFiles[0]?.text ?? '';
}
