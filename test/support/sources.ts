import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A source file of a package or a service: its home (`packages/wire`), its path, its text. */
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

/** All that runs in production: packages and services, their entry files included. */
export const sources = read(['packages/*/src/**/*.ts', 'services/*/src/**/*.ts']);

/** What is read and not run: the documents, and the settings of the whole. */
export const documents = read(['*.{md,json,toml}', 'specs/**/*.md', '{packages,services}/*/*.{md,json}']);

/** Every file of code in the repository that a person wrote, tests too. */
export const written = read(['{packages,services,test}/**/*.{ts,js}']);
