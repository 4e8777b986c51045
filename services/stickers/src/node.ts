/** The sticker service on Node. SIGHUP makes it load the catalogue again. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { problemResponse, PROBLEMS } from '@sotto/http';
import { ConfigError } from '@sotto/service/config';
import { readListenSettings, runService, serve } from '@sotto/service/node';
import { stickers } from './app.ts';
import { openCatalogue, type Catalogue } from './catalogue.ts';

const BUILT = path.join(import.meta.dirname, '../catalogue/built');

function open(folder: string): Catalogue {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, name)));
  try {
    return openCatalogue(read('catalogue.bin'), read('art.bin'), { whole: true });
  } catch (cause) {
    const remedy = 'must be a folder with a whole catalogue.bin and art.bin. `npm run catalogue` builds them';
    throw new ConfigError('CATALOGUE', remedy, { cause });
  }
}

await runService({ service: 'stickers', minimumNode: '20.20' }, async ({ variables, onStop, warn }) => {
  const folder = variables.has('CATALOGUE') ? variables.text('CATALOGUE') : BUILT;
  let catalogue = open(folder);
  process.on('SIGHUP', () => {
    try {
      catalogue = open(folder);
    } catch (error) {
      warn(`the catalogue that was loaded before stays. ${(error as Error).message}`);
    }
  });
  const pageBytes = variables.number('PAGE_BYTES');
  const app = stickers({ catalogue: () => catalogue, pageBytes, deadline: (ms) => AbortSignal.timeout(ms) });
  const refuse = (code: keyof typeof PROBLEMS): Response => problemResponse(PROBLEMS[code]);
  const serving = await serve({ ...readListenSettings(variables), respond: (r) => app.fetch(r), refuse });
  onStop(() => serving.close());
  return serving.origin;
});
