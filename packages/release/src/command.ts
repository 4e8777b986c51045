import { build, type Metafile } from 'esbuild';
import { sourceManifest } from './manifest.ts';
import { COMMAND, LIBRARIES, ROOT } from './published.ts';

/**
 * The command in one module. Published siblings and their dependencies remain imports, so that there is one
 * copy of each error class. The parts of private packages that it uses are in the module.
 */
export async function commandFile(): Promise<{
  text: string;
  specifiers: Map<string, string>;
  metafile: Metafile;
}> {
  const { dependencies = {} } = sourceManifest(COMMAND);
  const siblings = new Set(LIBRARIES.map((one) => sourceManifest(one).name));
  const external = Object.keys(dependencies).filter(
    (name) => !name.startsWith('@sotto/') || siblings.has(name),
  );
  const { outputFiles, metafile } = await build({
    entryPoints: [`packages/${COMMAND.folder}/src/main.ts`],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    charset: 'utf8',
    target: 'node20',
    external: external.flatMap((name) => [name, `${name}/*`]),
    banner: { js: '#!/usr/bin/env node' },
    legalComments: 'eof',
    logLevel: 'warning',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const specifiers = imports.filter((one) => one.external === true).map(({ path }) => path);
  return {
    text: outputFiles[0]?.text ?? '',
    metafile,
    specifiers: new Map(specifiers.map((one) => [one, 'sotto.js'])),
  };
}
