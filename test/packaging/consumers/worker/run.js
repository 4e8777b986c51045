import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const { outputFiles } = await build({
  entryPoints: ['worker.js'],
  bundle: true,
  write: false,
  format: 'esm',
  conditions: ['workerd', 'worker', 'browser'],
});
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script: outputFiles[0].text,
    compatibilityDate: '2026-10-23',
    bindings: JSON.parse(process.argv[2]),
  }),
);
const response = await miniflare.dispatchFetch('http://worker.test/?q=happy+cat');
const text = await response.text();
await miniflare.dispose();
if (!response.ok) throw new Error(text);
console.log(
  JSON.parse(text)
    .results.map(({ emoji }) => emoji)
    .join(' '),
);
