import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { suiteOnNode } from '../support/on-node.ts';
import { runtimes } from './runtimes.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const all = runtimes();
const newest = all.findLast(({ servesAll }) => servesAll);
let folder = '';
const built = (name: string): string => path.join(folder, `${name}.mjs`);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-runtimes-'));
  await build({
    entryPoints: {
      libraries: path.join(ROOT, 'test/packaging/libraries.ts'),
      sotto: path.join(ROOT, 'packages/cli/src/main.ts'),
      relay: path.join(ROOT, 'services/relay/src/node.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Standard output of a program; fails when it ends with another status than 0. */
async function outputOf(
  node: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(node, [...args], { env: { HOME: folder, ...env } });
  return stdout;
}

describe.each(all)('Node $version', (runtime) => {
  test('N77 libraries: every implementation reproduces the published vectors', async () => {
    const output = await outputOf(runtime.node, [built('libraries')]);
    expect(JSON.parse(output)).toEqual({ version: runtime.version, passed: 15 });
  });

  const parts = runtime.servesAll ? 'all services' : 'the relay';
  test(`N77 a search by the command succeeds when the command and ${parts} run here`, async () => {
    const stores = await mkdtemp(path.join(folder, 'stores-'));
    const suite = await suiteOnNode(stores, {
      programOf: (part) => {
        if (part === 'relay') return { file: built('relay'), node: runtime.node };
        const { node, options } = runtime.servesAll ? runtime : (newest ?? runtime);
        return { file: `services/${part}/src/node.ts`, node, nodeOptions: options };
      },
    });
    try {
      const output = await outputOf(runtime.node, [
        built('sotto'),
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
      ]);
      expect(output).toContain('😺');
    } finally {
      await suite.close();
    }
  });
});

test('the versions of Node are those that the documents promise', () => {
  expect(all.map(({ version }) => version.split('.').slice(0, 2).join('.'))).toEqual([
    '20.20',
    '22.16',
    '24.21',
    '26.10',
  ]);
});
