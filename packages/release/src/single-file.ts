import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { ROOT } from './published.ts';

/** The picker and the client in one module, for `<script type="module">` on a page without a bundler. */
export const SINGLE_FILE = 'sotto.min.js';

const CONTENTS = `export * from '@sotto/picker';\nexport * from '@sotto/client/browser';\n`;

/** Builds the single file. It ends with the notices of the libraries in it. */
export async function singleFile(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: CONTENTS, resolveDir: `${ROOT}/packages/picker`, sourcefile: SINGLE_FILE },
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    charset: 'utf8',
    target: 'es2022',
    legalComments: 'eof',
    logLevel: 'warning',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** The value of an `integrity` attribute (W3C Subresource Integrity). */
export const integrityOf = (bytes: Uint8Array): string =>
  `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
