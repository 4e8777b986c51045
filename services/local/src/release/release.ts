// Builds what an operator installs. The same sources give the same bytes in any folder.
import '../offline-env.ts';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { pack } from '@sotto/release';
import manifest from '../../../../package.json' with { type: 'json' };
import { prepare } from '../prepare.ts';
import { bundleWorker, ROOT } from '../worker-code.ts';
import { DEPLOYED } from '../workers.ts';
import { componentList, type Lockfile } from './components.ts';
import { foreignToRelease } from './foreign.ts';

const USAGE = `Usage: npm run release [-- FOLDER]

Builds the services, Workers, packages and the catalogue into FOLDER (build/release), with checksums and a list of what is
bundled. The folder is replaced as a whole: one that has anything else in it is refused.`;

const out = folderOf(process.argv.slice(2));

/** The folder that the arguments name, if nothing is lost when it is replaced. */
function folderOf(words: readonly string[]): string {
  const [named] = words;
  if (named === undefined) return path.join(ROOT, 'build/release');
  if (named === '--help') {
    console.log(USAGE);
    process.exit(0);
  }
  if (words.length > 1 || !/^[^-]/.test(named)) {
    console.error(USAGE);
    process.exit(2);
  }
  const folder = path.resolve(named);
  const foreign = foreignToRelease(folder);
  if (foreign === null) return folder;
  console.error(`release: ${folder}: ${foreign} is no part of a release. Name a new or an empty folder`);
  return process.exit(2);
}

/**
 * Loads node:sqlite where its module runs, and not at the top of the file: a Node without it must come as far as the
 * check of its version.
 */
const lateSqlite: Plugin = {
  name: 'late-sqlite',
  setup(bundler) {
    bundler.onResolve({ filter: /^node:sqlite$/ }, () => ({ path: 'node:sqlite', namespace: 'late' }));
    bundler.onLoad({ filter: /.*/, namespace: 'late' }, () => ({
      contents: "export const { DatabaseSync } = process.getBuiltinModule('node:sqlite');",
    }));
  },
};

/** The driver of PostgreSQL is CommonJS, and loads Node's own modules by `require`. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** One file that needs Node alone; the sticker service also needs the catalogue. */
async function buildForNode(service: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`services/${service}/src/node.ts`],
    outfile: path.join(out, `${service}.mjs`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.20',
    charset: 'utf8',
    banner: { js: REQUIRE },
    legalComments: 'eof',
    metafile: true,
    plugins: [lateSqlite],
    logLevel: 'warning',
  });
  return metafile;
}

/** A folder that `wrangler deploy` uploads as it is. */
async function buildWorker(service: string): Promise<Metafile> {
  const { modules, metafile } = await bundleWorker(path.join(ROOT, `services/${service}/src/index.ts`));
  for (const { path: name, contents } of modules) {
    const file = path.join(out, 'workers', service, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }
  return metafile;
}

/** The npm packages, and what is bundled into them. */
async function packPackages(): Promise<[artefact: string, Metafile][]> {
  const folder = path.join(out, 'npm');
  const packed = await pack(folder);
  rmSync(path.join(folder, 'staged'), { recursive: true });
  return packed.flatMap(({ tarball, metafile }) =>
    metafile === null ? [] : [[`npm/${path.basename(tarball)}`, metafile]],
  );
}

function writeChecksums(): string {
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(out, path.join(entry.parentPath, entry.name)))
    .toSorted((a, b) => (a < b ? -1 : 1));
  const digest = (file: string): string =>
    createHash('sha256')
      .update(readFileSync(path.join(out, file)))
      .digest('hex');
  const sums = files.map((file) => `${digest(file)}  ${file}\n`).join('');
  writeFileSync(path.join(out, 'SHA256SUMS'), sums);
  return createHash('sha256').update(sums).digest('hex');
}

await prepare((line) => console.log(line));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const artefacts = new Map<string, Metafile>();
for (const service of DEPLOYED) {
  artefacts.set(`${service}.mjs`, await buildForNode(service));
  artefacts.set(`workers/${service}`, await buildWorker(service));
}
for (const [artefact, metafile] of await packPackages()) artefacts.set(artefact, metafile);
cpSync(path.join(ROOT, 'services/stickers/catalogue/built'), path.join(out, 'catalogue'), {
  recursive: true,
});
cpSync(path.join(ROOT, 'LICENSE'), path.join(out, 'LICENSE'));
cpSync(path.join(import.meta.dirname, 'Dockerfile'), path.join(out, 'Dockerfile'));
const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;
const components = componentList(artefacts, lock, manifest.version);
writeFileSync(path.join(out, 'components.cdx.json'), `${JSON.stringify(components, null, 2)}\n`);
console.log(`${writeChecksums()}  SHA256SUMS of ${out}`);
