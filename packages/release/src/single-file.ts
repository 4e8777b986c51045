import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { ROOT } from './published.ts';

/** The picker and the client in one module, for `<script type="module">` on a page without a bundler. */
export const SINGLE_FILE = 'sotto.min.js';

const CLIENT = "export * from '@sotto/client/browser';";
const PICKER = "export * from '@sotto/picker';";

/** The files that a page loads, each with its limit in bytes after gzip. */
export const SIZE_LIMITS = [
  { name: 'client for browsers', contents: CLIENT, limit: 66 * 1024 },
  { name: 'picker without client', contents: PICKER, limit: 28 * 1024 },
  { name: 'picker and client in one file', contents: PICKER + CLIENT, limit: 86 * 1024 },
] as const;

/** Builds the single file. It ends with the notices of the libraries in it. */
export const singleFile = (): Promise<PageBundle> => bundle(PICKER + CLIENT);

/** The size of each bundle of SIZE_LIMITS, in bytes after gzip. */
export function gzippedSizes(): Promise<{ name: string; size: number; limit: number }[]> {
  return Promise.all(
    SIZE_LIMITS.map(async ({ name, contents, limit }) => {
      const { bytes } = await bundle(contents);
      return { name, limit, size: gzipSync(bytes, { level: 9 }).length };
    }),
  );
}

interface PageBundle {
  readonly bytes: Uint8Array;
  readonly metafile: Metafile;
}

async function bundle(contents: string): Promise<PageBundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: `${ROOT}/packages/picker`, sourcefile: SINGLE_FILE },
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
    legalComments: 'eof',
    logLevel: 'warning',
  });
  return { bytes: outputFiles[0]?.contents ?? new Uint8Array(), metafile };
}

/** The value of an `integrity` attribute (W3C Subresource Integrity). */
export const integrityOf = (bytes: Uint8Array): string =>
  `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
