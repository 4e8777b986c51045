import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { nodeTooOld } from '../src/node/version.ts';

describe('N78 a Node that is too old', () => {
  test.each([
    ['22.16', '22.16.0', true],
    ['22.16', '22.17.1', true],
    ['22.16', '24.0.0', true],
    ['22.16', '26.10.0', true],
    ['22.16', '22.15.9', false],
    ['22.16', '22.9.0', false],
    ['22.16', '21.99.0', false],
    ['22.16', '20.20.2', false],
    ['20.20', '20.20.2', true],
    ['20.20', '18.20.4', false],
  ])('needs %s, is %s: starts %s', (minimum, version, starts) => {
    const reason = nodeTooOld(minimum, version);
    expect(reason).toBe(
      starts ? null : `needs Node ${minimum} or newer, and this is ${version}. Install a newer Node`,
    );
  });

  test.each(['gateway', 'issuer'])(
    'gets a message from the %s before node:sqlite is loaded',
    async (service) => {
      const { metafile } = await build({
        entryPoints: [path.join(import.meta.dirname, `../../../services/${service}/src/node.ts`)],
        bundle: true,
        splitting: true,
        write: false,
        metafile: true,
        outdir: 'out',
        platform: 'node',
        format: 'esm',
        logLevel: 'silent',
      });
      const { outputs } = metafile;
      const [entry] = Object.entries(outputs).filter(([, { entryPoint }]) =>
        entryPoint?.endsWith('src/node.ts'),
      );
      const reached = new Set<string>();
      const external = new Set<string>();
      const visit = (file: string): void => {
        if (reached.has(file)) return;
        reached.add(file);
        for (const one of outputs[file]?.imports ?? []) {
          if (one.external === true) external.add(one.path);
          else if (one.kind === 'import-statement') visit(one.path);
        }
      };
      visit(entry?.[0] ?? '');
      expect(external.has('node:http')).toBe(true);
      expect(external.has('node:sqlite')).toBe(false);
      const all = Object.values(outputs).flatMap(({ imports }) => imports.map((one) => one.path));
      expect(all).toContain('node:sqlite');
    },
  );
});
