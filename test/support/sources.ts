import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A file of the repository: its home (`packages/wire`), its path, its text. */
export interface Source {
  readonly home: string;
  readonly path: string;
  readonly text: string;
}

function read(patterns: readonly string[]): Source[] {
  return globSync([...patterns], { cwd: root })
    .filter((file) => !/node_modules|\/dist\/|catalogue\/built/.test(file))
    .toSorted()
    .map((file) => ({
      home: file.split(path.sep).slice(0, 2).join('/'),
      path: file,
      text: readFileSync(path.join(root, file), 'utf8'),
    }));
}

/** Code that runs in production: packages and services, their entry files included. */
export const sources = read(['packages/*/src/**/*.ts', 'services/*/src/**/*.ts']);

/** Product code: `sources` and everything that builds or ships with them. Tests are no part of it. */
export const product = read(['{packages,services}/*/{src,bin,page,scripts,catalogue}/**/*.{ts,js}']);

/** Documents and settings: files that are read and not run. */
export const documents = read(['*.{md,json,toml}', 'specs/**/*.md', '{packages,services}/*/*.{md,json}']);

/** All hand-written code in the repository, tests included. */
export const written = read(['{packages,services,test}/**/*.{ts,js}']);

/** The text without comments; line numbers stay as they are. */
export const withoutComments = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/(?<=^|\s)\/\/.*$/gm, '');
