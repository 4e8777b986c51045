import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDevice, type Engine } from '@sotto/picker/device';
import { ROOT } from '../../services/local/src/worker-code.ts';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';

const BUILT = path.join(ROOT, 'services/stickers/catalogue/built');
const QUERIES = [
  ['en', ['happy cat', 'physician', 'sa', 'brithday', '🐱', 'heart', 'zzzz']],
  ['es', ['gato', 'feliz', 'corazon', 'cumple', 'cat']],
  ['ar', ['قطة', 'قلب']],
  ['ja', ['猫', 'ねこ', 'ハート']],
] as const;

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
});
afterAll(() => suite.dispose());

async function searchService(q: string, locale: string): Promise<object[]> {
  const response = await fetch(`${suite.urls.stickers}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ q, locale, limit: 8 }),
  });
  return ((await response.json()) as { results: object[] }).results;
}

test('device search: gives the results of the service, in the same order, with the same artwork', async () => {
  const device = createDevice({
    engine: async () => (await import(pathToFileURL(path.join(BUILT, 'engine.js')).href)) as Engine,
    get: async (file) => {
      const found = path.join(BUILT, file);
      return existsSync(found) ? new Uint8Array(readFileSync(found)) : null;
    },
  });
  for (const [locale, queries] of QUERIES) {
    for (const q of queries) {
      const page = await device.search(q, { locale, limit: 8 });
      const results = 'results' in page ? page.results : page;
      const withArt = await Promise.all(
        results.map(async ({ id, name, emoji, pack, matched }) => {
          return { id, name, emoji, pack, matched, art: await device.art(id) };
        }),
      );
      const expected = await searchService(q, locale);
      expect({ q, found: withArt.slice(0, expected.length) }).toEqual({ q, found: expected });
      expect(expected.length > 0).toBe(withArt.length > 0);
    }
  }
});
