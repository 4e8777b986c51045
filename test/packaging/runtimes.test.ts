import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { suiteOnNode } from '../support/on-node.ts';
import { runtimes } from './runtimes.ts';
import { folderOf, nodeCell, NOT_YET, outputOf, tryInstall } from './support/cells.ts';
import { removeAll } from './support/npm.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const all = await runtimes();
const newest = all.findLast(({ servesAll }) => servesAll);
let folder = '';
let command = NOT_YET;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-runtimes-'));
  command = await tryInstall('node', inject('registry'), ['@sotto/cli']);
  await build({
    entryPoints: [path.join(ROOT, 'services/relay/src/node.ts')],
    outfile: path.join(folder, 'relay.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});
afterAll(async () => {
  removeAll();
  await rm(folder, { recursive: true, force: true });
});

describe.each(all)('N77 $name', (runtime) => {
  const consumer = runtime.servesAll ? 'all services, with the command' : 'the relay, with the command';
  nodeCell({ consumer }, runtime, async (context) => {
    const cwd = folderOf(command, context);
    const stores = await mkdtemp(path.join(folder, 'stores-'));
    const suite = await suiteOnNode(stores, {
      programOf: (part) => {
        if (part === 'relay') return { file: path.join(folder, 'relay.mjs'), node: runtime.node };
        const { node, options } = runtime.servesAll ? runtime : (newest ?? runtime);
        return { file: `services/${part}/src/node.ts`, node, nodeOptions: options };
      },
    });
    try {
      const output = await outputOf(
        runtime.node,
        [
          path.join(cwd, 'node_modules/.bin/sotto'),
          'search',
          'happy cat',
          '--json',
          '--fresh',
          '--locale=en',
          `--relay=${suite.urls.relay}`,
          `--issuer=${suite.urls.issuer}`,
          `--root=${suite.secrets.root}`,
          `--account-token=${await suite.account('ada')}`,
          `--wallet=${path.join(stores, 'wallet')}`,
        ],
        { cwd },
      );
      expect(output).toContain('😺');
    } finally {
      await suite.close();
    }
  });
});

test('the versions of Node are those that the documents promise', () => {
  expect(all.map(({ name }) => name)).toEqual(['Node 20.20', 'Node 22.16', 'Node 24.21', 'Node 26.10']);
});
