import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examples as pageExamples } from '../page/examples.ts';
import { OF_CODE } from '../src/problems.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
const run = promisify(execFile);

/** Declarations of the application around an example. */
const AROUND = `
declare module 'react-native-get-random-values' {}
declare module '@react-native-async-storage/async-storage' {
  const storage: {
    getItem(key: string): Promise<string | null>;
    setItem(key: string, value: string): Promise<void>;
  };
  export default storage;
}
declare module 'stickers/engine' {
  export const createSearch: import('@sotto/picker/device').Engine['createSearch'];
}
declare const relay: string, issuer: string, root: string, account: () => Promise<string>;
declare const session: { token(): Promise<string> };
declare const yourAccountToken: () => Promise<string>;
declare const parrot: string;
declare const insert: (what: import('@sotto/picker').Art | string) => void;
declare const show: (page: import('@sotto/client').SearchPage) => void;
declare const say: (...words: (string | number | null)[]) => void;
declare const offer: (label: string, run: () => Promise<unknown>) => void;
`;
/** An example can end before it uses what it declares. */
const LOOSE = { compilerOptions: { noUnusedLocals: false, jsx: 'react-jsx' } };

const PICKER = `const picker = document.querySelector('sotto-stickers')!;`;
/** Declarations for an example that continues another. */
const BEFORE: Readonly<Record<string, string>> = {
  'picker 2': PICKER,
  'picker 4': PICKER,
  'picker 5': PICKER,
  'picker 6': `declare const picker: HTMLElement & { device: import('@sotto/picker').Device | null };`,
  'client 1': `declare const client: import('@sotto/client').Client;`,
  'client 2': `declare const client: import('@sotto/client').Client, otherClient: typeof client;`,
  'client 5': `declare const client: import('@sotto/client').Client;`,
  'client 6': `export {};
declare const client: import('@sotto/client').Client;
declare const text: string;
declare const show: (piece: string) => void;`,
};

let folder = '';
const examples = new Map<string, string>();

beforeAll(async () => {
  for (const [name, file] of [
    ['picker', 'packages/picker/README.md'],
    ['client', 'packages/client/README.md'],
    ['react', 'docs/how-to/react.md'],
    ['native', 'docs/how-to/react-native.md'],
    ['pack', 'docs/how-to/sticker-pack.md'],
  ] as const) {
    const readme = await readFile(path.join(root, file), 'utf8');
    const blocks = [...readme.matchAll(/```tsx?\n(.*?)```/gs)].map(([, code]) => code ?? '');
    blocks.forEach((code, i) =>
      examples.set(`${name} ${i}`, code.replace('/stickers/engine.js', 'stickers/engine')),
    );
  }
  const local = { page: '', relay: '', issuer: '', root: '', restSeconds: 0 };
  for (const { id, code } of pageExamples(local, 'token')) {
    const [, script = code] = /<script type="module">(.*)<\/script>/s.exec(code) ?? [];
    const typed = script // in HTML it is JavaScript
      .replace("from '/sotto.js'", "from '@sotto/client/browser'")
      .replace(/(querySelector\('[^']+'\))/g, '$1!');
    examples.set(`page ${id}`, typed);
  }
  folder = await mkdtemp(path.join(os.tmpdir(), 'sotto-examples-'));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'around.d.ts'), AROUND);
  for (const [name, code] of examples) {
    const file = path.join(folder, `${name.replace(' ', '-')}.tsx`);
    await writeFile(file, `${BEFORE[name] ?? ''}\n${code}\nexport {};\n`);
  }
  const config = {
    extends: path.join(root, 'test/tsconfig.json'),
    include: ['*.ts', '*.tsx'],
    exclude: [],
    ...LOOSE,
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const compile = (): Promise<string> =>
  run(process.execPath, [path.join(path.dirname(tsc), 'bin/tsc'), '-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );

test('examples: every example of the READMEs, the guides and the page compiles, and a wrong one does not', async () => {
  expect([...examples.keys()]).toEqual([
    'picker 0',
    'picker 1',
    'picker 2',
    'picker 3',
    'picker 4',
    'picker 5',
    'picker 6',
    'picker 7',
    'client 0',
    'client 1',
    'client 2',
    'client 3',
    'client 4',
    'client 5',
    'client 6',
    'react 0',
    'react 1',
    'native 0',
    'pack 0',
    'page html',
    'page react',
    'page node',
  ]);
  expect(await compile()).toBe('');
  await writeFile(
    path.join(folder, 'wrong.ts'),
    (examples.get('picker 0') ?? '').replace('art }', 'arts: art }'),
  );
  expect(await compile()).toContain("'arts'");
}, 180_000);

test('client README: lists every error code', async () => {
  const readme = await readFile(path.join(root, 'packages/client/README.md'), 'utf8');
  const codes = Object.keys(OF_CODE);
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
});

test('picker README: names every part and custom property', async () => {
  const readme = await readFile(path.join(root, 'packages/picker/README.md'), 'utf8');
  const view = path.join(root, 'packages/picker/src/view');
  const files = await readdir(view);
  const text = (await Promise.all(files.map(async (file) => readFile(path.join(view, file), 'utf8')))).join();
  const parts = new Set([...text.matchAll(/\bpart: '([\w-]+)'/g)].map(([, part]) => part ?? ''));
  const properties = new Set([...text.matchAll(/--sotto-[\w-]+/g)].map(([property]) => property));
  expect(Math.min(parts.size, properties.size)).toBeGreaterThan(8);
  const told = readme.split(/[\s`.,;:|]+/);
  expect([...parts, ...properties].filter((name) => !told.includes(name))).toEqual([]);
  expect(readme.split('\n').length).toBeLessThan(180);
});
