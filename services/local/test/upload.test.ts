import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { bundleWorker, LARGEST_UPLOAD, ROOT } from '../src/worker-code.ts';

// `npm run deploy:check` checks the uploads of all Workers with Wrangler itself.
test('Worker of stickers: its upload is at most 3 MB gzipped, and has no catalogue in it', async () => {
  const { main = '' } = unstable_getMiniflareWorkerOptions(path.join(ROOT, 'wrangler.toml'), 'stickers');
  const { modules } = await bundleWorker(main);
  // Wrangler compresses all modules as one stream too. It minifies them before, so its figure is lower.
  const upload = gzipSync(Buffer.concat(modules.map(({ contents }) => Buffer.from(contents)))).length;
  console.log(`${upload.toLocaleString('en')} bytes gzipped`);
  expect(upload).toBeGreaterThan(10_000); // the measurement saw the code
  expect(upload).toBeLessThanOrEqual(LARGEST_UPLOAD);
  expect(modules.filter(({ path: name }) => name.includes('catalogue'))).toEqual([]);
});
