import { fileURLToPath } from 'node:url';
import { extractLibsodium } from '@sotto/voprf/libsodium';
import { ensureCatalogue } from '../../stickers/catalogue/ensure.ts';

/** Makes what the Workers' code imports and git does not keep: libsodium's WebAssembly, the catalogue. */
export async function prepare(progress: (line: string) => void = () => {}): Promise<void> {
  extractLibsodium();
  await ensureCatalogue(progress);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare((line) => console.log(line));
