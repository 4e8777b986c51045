import { expect, test } from 'vitest';
import { describePaint, firstPaint } from './first-paint.ts';
import { useSuite } from './support.ts';

const local = useSuite();
const MOST = 150_000; // bytes

test.each(['en', 'de', 'ar'])(
  'page in %s: paints the first row of stickers within 150 KB gzipped, before client and search index',
  async (locale) => {
    const paint = await firstPaint(local.browser, `${local.suite.page}/`, locale);
    console.log(`${locale}: ${describePaint(paint)}`);
    expect(paint.stickers).toBeGreaterThanOrEqual(4);
    expect(paint.bytes).toBeLessThanOrEqual(MOST);
    const paths = paint.files.map(([path]) => path);
    expect(paths).toContain('/first.json'); // the measurement saw what was loaded
    expect(paths.filter((path) => /index|meaning|art\.bin|engine|related|stickers\.json/.test(path))).toEqual(
      [],
    );
  },
);
