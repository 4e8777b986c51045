import { fileURLToPath } from 'node:url';
import { extractLibsodium } from '@sotto/voprf/libsodium';
import { ensureCatalogue } from '../../stickers/catalogue/ensure.ts';

/** Generates the files that the Workers import and git ignores: libsodium's WebAssembly and the catalogue. */
export async function prepare(progress: (line: string) => void = () => {}): Promise<void> {
  extractLibsodium();
  await ensureCatalogue(progress);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare((line) => console.log(line));
