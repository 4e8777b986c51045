import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const HOME = path.resolve(import.meta.dirname, '..');
const MOST = 66 * 1024; // bytes gzipped

async function bundled(entry: string, minify: boolean): Promise<{ text: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(HOME, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify,
    metafile: true,
    logLevel: 'silent',
  });
  const output = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const inputs = output.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name);
  return { text: outputFiles[0]?.text ?? '', inputs };
}

describe('browser build', () => {
  test('contains no server code: no database, no router, no decapsulation, no token issuance', async () => {
    const { text, inputs } = await bundled('src/browser/index.ts', false);
    expect(text).toContain('encapsulateRequest');
    const server = [
      'drizzle',
      'hono',
      'decapsulateRequest',
      'loadGatewayKey',
      'issueAmortized',
      'signBundle',
      'node:',
    ];
    expect(server.filter((word) => text.includes(word))).toEqual([]);
    expect(
      inputs.filter((name) => /services\/|hono|drizzle|libsodium|@hpke|src\/node\/|src\/cli\//.test(name)),
    ).toEqual([]);
    expect(/\bconsole\b|sendBeacon|\beval\b|new Function/.exec(text)).toBeNull();
  });

  test(`is under ${MOST / 1024} KiB gzipped`, async () => {
    const { text } = await bundled('src/browser/index.ts', true);
    expect(gzipSync(text).length).toBeLessThan(MOST);
  });

  test('K08 contains no address of any relay or gateway', async () => {
    const { text } = await bundled('src/browser/index.ts', true);
    const urls = [...text.matchAll(/https?:\/\/[a-z0-9.-]+/gi)].map(([url]) => url);
    // A message, and the name of a problem type.
    expect([...new Set(urls)].toSorted()).toEqual(['https://SERVICE', 'https://iana.org']);
  });
});

describe('bundled for Node', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sotto-build-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a search works with the syntax of Node 20', async () => {
    const outfile = path.join(folder, 'search.mjs');
    await build({
      stdin: {
        contents: `import { World } from './test/support/world.ts';
          import { createClient } from './src/index.ts';
          const world = await World.create();
          const { hpke, voprf, ...options } = world.options({ restSeconds: 0 });
          const { results } = await createClient(options).search('happy cat');
          process.stdout.write(JSON.stringify(results));`,
        resolveDir: HOME,
      },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'node20',
    });
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'happy cat' }]);
  });
});
