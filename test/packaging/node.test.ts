import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject } from 'vitest';
import { runtimes } from './runtimes.ts';
import { cell, folderOf, nodeCell, NOT_YET, outputOf, tryInstall, type Installed } from './support/cells.ts';
import { removeAll } from './support/npm.ts';

const suite = inject('suite');
const local = JSON.stringify(suite);
const all = await runtimes();
const folders: Record<'node' | 'libraries' | 'typescript' | 'command', Installed> = {
  node: NOT_YET,
  libraries: NOT_YET,
  typescript: NOT_YET,
  command: NOT_YET,
};

const LIBRARY_NAMES = inject('tarballs')
  .map(({ name }) => name)
  .filter((name) => name !== '@sotto/cli');

beforeAll(async () => {
  const registry = inject('registry');
  const libraries = ['ohttp', 'voprf', 'wire'].map((name) => `@sotto/${name}`);
  folders.node = await tryInstall('node', registry, ['@sotto/client', '@sotto/picker']);
  folders.command = await tryInstall('node', registry, ['@sotto/cli']);
  folders.libraries = await tryInstall('libraries', registry, libraries);
  folders.typescript = await tryInstall('typescript', registry, LIBRARY_NAMES);
  if ('folder' in folders.libraries) await bundleLibraries(folders.libraries.folder);
}, 300_000);
afterAll(removeAll);

/** The program of libraries.ts as JavaScript, in which our packages stay imports. */
async function bundleLibraries(folder: string): Promise<void> {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'libraries.ts')],
    outfile: path.join(folder, 'libraries.js'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
}

describe.each(all)('N77 N79 $name', (runtime) => {
  nodeCell({ consumer: 'Node program' }, runtime, async (context) => {
    const cwd = folderOf(folders.node, context);
    expect(await outputOf(runtime.node, ['search.js', local], { cwd })).toContain('😺');
  });

  nodeCell({ consumer: 'protocol libraries' }, runtime, async (context) => {
    const cwd = folderOf(folders.libraries, context);
    const output = await outputOf(runtime.node, ['libraries.js'], { cwd });
    expect(JSON.parse(output)).toEqual({ version: runtime.version, passed: 15 });
  });

  nodeCell({ consumer: 'command sotto' }, runtime, async (context) => {
    const cwd = folderOf(folders.command, context);
    const account = `${suite.page}/local/account?name=command-${runtime.version}@local`;
    const { token } = (await (await fetch(account, { method: 'POST' })).json()) as { token: string };
    const options = { relay: suite.relay, issuer: suite.issuer, root: suite.root, 'account-token': token };
    const args = [
      path.join(cwd, 'node_modules/.bin/sotto'),
      'search',
      'happy',
      'cat',
      '--json',
      '--fresh',
      '--locale=en',
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      `--wallet=${path.join(cwd, `wallet-${runtime.version}`)}`,
    ];
    expect(await outputOf(runtime.node, args, { cwd })).toContain('😺');
  });
});

/** Both compilers, each with one kind of resolution; what the first one writes runs on every Node. */
const COMPILERS = { 'TypeScript 7': 'typescript/bin/tsc', 'TypeScript 5.9': 'typescript-5/bin/tsc' };

for (const resolution of ['nodenext', 'bundler']) {
  for (const [name, tsc] of Object.entries(COMPILERS)) {
    cell({ consumer: `TypeScript, ${resolution}`, runtime: name }, async (context) => {
      const cwd = folderOf(folders.typescript, context);
      const config = `tsconfig.${resolution}.json`;
      await outputOf(process.execPath, [path.join(cwd, 'node_modules', tsc), '-p', config], { cwd });
      expect(readFileSync(path.join(cwd, resolution, 'search.js'), 'utf8')).toContain('createNodeClient');
    });
  }

  for (const runtime of all) {
    nodeCell({ consumer: `TypeScript, ${resolution}` }, runtime, async (context) => {
      const cwd = folderOf(folders.typescript, context);
      expect(await outputOf(runtime.node, [`${resolution}/search.js`, local], { cwd })).toContain('😺');
    });
  }
}
