import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { openCatalogue } from '../../../services/stickers/src/catalogue.ts';
import { QUERIES } from '../rows/search.ts';
import { searchData } from '../search-data.ts';

/** Opens the catalogue and searches until the code is optimized. Then each message requests one run of searches. */
if (parentPort === null) throw new Error('search-thread.ts runs in a thread');
const { warm } = workerData as { readonly warm: number };
const { archive, art } = searchData();
const { search } = openCatalogue(archive, art);
let spaces = 0;

function searches(times: number): void {
  for (let i = 0; i < times; i++) {
    const query = QUERIES[i % QUERIES.length] ?? '';
    search.search(query + ' '.repeat(spaces++ % 400), { locale: 'en', limit: 24 }); // not from the search's cache
  }
}

searches(warm);
for (;;) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
  parentPort.postMessage('ready');
  const [times] = (await once(parentPort, 'message')) as [number];
  searches(times);
}
