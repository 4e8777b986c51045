import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lazyCatalogue } from '../services/stickers/src/assets.ts';
import bare from './bench/bare/workers/languages.ts';
import { figureOfFirsts, type OneStart } from './bench/languages.ts';
import { isUnsteady } from './bench/report.ts';

const BUILT = path.join(import.meta.dirname, '../services/stickers/catalogue/built');

describe('bench: the first search in each language', () => {
  const LANGUAGES = Array.from({ length: 20 }, (_, i) => `l${i}`);
  /** A start in which our two slowest languages take this time on average, and each other one less. */
  const start = (mean: number): OneStart => ({
    ours: new Map(LANGUAGES.map((locale, i) => [locale, [mean * 1.5, mean * 0.5][i] ?? mean * 0.4])),
    bare: new Map(LANGUAGES.map((locale, i) => [locale, i < 18 ? 10 : 50])),
    growth_bytes: mean * 10,
  });

  test('the slowest tenth of the languages is compared, and a language that is disturbed in one start is not one of them', () => {
    const starts = Array.from({ length: 5 }, () => start(100));
    const disturbed = { ...start(100), ours: new Map(starts[0]?.ours).set('l5', 900).set('l1', 950) };
    expect(figureOfFirsts([disturbed, ...starts.slice(1)])).toEqual({
      ours_us: 100,
      peer_us: 50,
      ratio: 2,
      spread: 0,
      limit_us: null,
      each_us: { l0: 150, l1: 50 },
      growth_bytes: 1000,
    });
  });

  test('starts that differ make the row unsteady, and starts that differ little do not', () => {
    expect(isUnsteady(figureOfFirsts([100, 104, 98, 101, 102].map(start)))).toBe(false);
    expect(isUnsteady(figureOfFirsts([100, 180, 60, 140, 90].map(start)))).toBe(true);
  });

  test('the bare Worker reads the files that ours reads, once for each language', async () => {
    const files = { ours: [] as string[], bare: [] as string[] };
    const read = (name: string): Uint8Array<ArrayBuffer> | null => {
      try {
        return new Uint8Array(readFileSync(path.join(BUILT, name)));
      } catch {
        return null; // a language without meanings
      }
    };
    const open = lazyCatalogue(async (name) => {
      files.ours.push(name);
      return read(name);
    });
    const ASSETS = {
      async fetch(url: string): Promise<Response> {
        const name = new URL(url).pathname.slice(1);
        files.bare.push(name);
        const bytes = read(name);
        return new Response(bytes, { status: bytes === null ? 404 : 200 });
      },
    };
    const search = (locale: string) =>
      new Request('https://stickers.invalid/v1/search', { method: 'POST', body: JSON.stringify({ locale }) });
    for (const locale of ['en', 'en', 'de', 'af', 'de']) {
      expect(await open(locale)).not.toBeNull();
      const response = await bare.fetch(search(locale), { ASSETS, PAGE_BYTES: 100, PAGE_TYPE: 'a/b' });
      expect((await response.arrayBuffer()).byteLength).toBe(100);
    }
    expect(files.bare.toSorted()).toEqual(files.ours.toSorted());
    expect(files.ours).toContain('index/af.bin');
    expect(files.ours).toHaveLength(10);
  });
});
