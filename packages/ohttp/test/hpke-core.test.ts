import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Every module that these entries import, statically or dynamically. */
async function importsOf(entries: readonly string[]): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: entries.map((entry) => path.join(ROOT, entry)),
    outdir: path.join(ROOT, 'never-written'),
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    metafile: true,
    logLevel: 'silent',
    loader: { '.sql': 'text' },
    external: ['@hpke/*', 'node:*', 'cloudflare:*', '*.wasm', '*/dist/libsodium.js'],
    absWorkingDir: ROOT,
  });
  return Object.values(metafile.inputs).flatMap(({ imports }) => imports.map((entry) => entry.path));
}

const isHpkeJs = (name: string): boolean => name.startsWith('@hpke/');
const { './hpke-core': provider, ...others } = manifest.exports;

describe('@sotto/ohttp/hpke-core is optional', () => {
  test('its packages are optional peers, so that nobody installs them without asking', () => {
    const peers = Object.keys(manifest.peerDependencies);
    expect(peers.toSorted()).toEqual(['@hpke/chacha20poly1305', '@hpke/core', '@hpke/hybridkem-x-wing']);
    expect(Object.entries(manifest.peerDependenciesMeta)).toEqual(
      peers.map((name) => [name, { optional: true }]),
    );
    expect(Object.keys(manifest.dependencies).filter(isHpkeJs)).toEqual([]);
  });

  test('its entry imports exactly these packages', async () => {
    const imported = (await importsOf([`packages/ohttp/${provider}`])).filter(isHpkeJs);
    expect([...new Set(imported)].toSorted()).toEqual(Object.keys(manifest.peerDependencies).toSorted());
  });

  test.each(Object.entries(others))('the entry %s imports none of them', async (_name, file) => {
    expect((await importsOf([`packages/ohttp/${file}`])).filter(isHpkeJs)).toEqual([]);
  });

  test.each([
    'packages/client/src/browser/index.ts',
    'packages/client/src/node/index.ts',
    'services/gateway/src/node.ts',
    'services/gateway/src/index.ts',
  ])('%s loads none of them', async (file) => {
    const imports = await importsOf([file]);
    expect(imports.some((name) => name.endsWith('packages/ohttp/src/index.ts'))).toBe(true);
    expect(imports.filter(isHpkeJs)).toEqual([]);
  });
});
