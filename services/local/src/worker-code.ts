import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build as bundle, type Metafile, type Plugin } from 'esbuild';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The largest upload of one Worker on Cloudflare's free plan, gzipped, in bytes. Static assets do not count. */
export const LARGEST_UPLOAD = 3_000_000;

/** A module of a Worker in Miniflare's format. */
export interface WorkerModule {
  readonly type: 'ESModule' | 'Data' | 'CompiledWasm';
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}

const BINARY = { '.bin': 'Data', '.wasm': 'CompiledWasm' } as const;

/** Keeps data and WebAssembly as separate modules, as a deployment does. */
function binaryModules(found: Map<string, WorkerModule>): Plugin {
  return {
    name: 'binary-modules',
    setup(build) {
      build.onResolve({ filter: /\.(bin|wasm)$/ }, async ({ path: specifier, resolveDir }) => {
        const file = path.resolve(resolveDir, specifier);
        const name = `./${path.relative(ROOT, file).replaceAll(/[^\w.]/g, '_')}`;
        const type = BINARY[path.extname(file) as keyof typeof BINARY];
        found.set(name, { type, path: name.slice(2), contents: new Uint8Array(await readFile(file)) });
        return { path: name, external: true };
      });
    },
  };
}

/** A bundled Worker, and which files are in it. */
export interface WorkerBundle {
  readonly modules: readonly WorkerModule[];
  readonly metafile: Metafile;
}

/** Bundles one Worker's entry file as a deployment would. */
export async function bundleWorker(entry: string): Promise<WorkerBundle> {
  const found = new Map<string, WorkerModule>();
  const { outputFiles, metafile } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser', 'import'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text' },
    plugins: [binaryModules(found)],
    logLevel: 'warning',
  });
  const [code] = outputFiles;
  if (code === undefined) throw new Error(`${entry}: esbuild returned no output file`);
  const modules = [{ type: 'ESModule' as const, path: 'index.js', contents: code.text }, ...found.values()];
  return { modules, metafile };
}

/** Miniflare's options for loopback: a free port, no telemetry, no downloads. */
export const ON_LOOPBACK = {
  host: '127.0.0.1',
  port: 0,
  cf: false,
  logRequests: false,
  telemetry: { enabled: false },
  unsafeObservability: false,
  unsafeLocalExplorer: false,
} as const;
