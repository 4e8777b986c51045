import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { PATIENCE } from './support.ts';

/** The requests of a page until the first row of stickers was painted. */
export interface FirstPaint {
  readonly bytes: number; // gzipped, bodies only
  readonly files: readonly (readonly [path: string, bytes: number])[];
  readonly stickers: number; // in the first row
}

/**
 * Runs in the page: resolves when every image of the first row has been painted, with what was requested
 * until then. Requests that begin in the frame that paints them or later are not counted, even if a busy
 * machine runs this code late.
 */
async function untilPainted(): Promise<{ urls: string[]; stickers: number }> {
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  for (;;) {
    const started = await frame();
    const row = document.querySelector('sotto-stickers')?.shadowRoot?.querySelector('[role=row]');
    const images = [...(row?.querySelectorAll('img') ?? [])];
    const cells = row?.querySelectorAll('button').length ?? 0;
    if (cells === 0 || images.length < cells) continue;
    if (!images.every(({ complete, naturalWidth }) => complete && naturalWidth > 0)) continue;
    await frame(); // the frame that paints them
    const entries = performance.getEntriesByType('resource').filter(({ startTime }) => startTime < started);
    const names = entries.map(({ name }) => name).filter((name) => name.startsWith('http'));
    return { urls: [location.href, ...names], stickers: cells };
  }
}

/** Measures a page in a browser that has stored nothing. Requests that have no response yet count too. */
export async function firstPaint(browser: Browser, url: string, locale = 'en'): Promise<FirstPaint> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale });
  context.setDefaultTimeout(PATIENCE);
  const page: Page = await context.newPage();
  await page.goto(url, { waitUntil: 'commit' });
  const { urls, stickers } = await page.evaluate(untilPainted);
  await context.close();
  const files = await Promise.all(
    [...new Set(urls)].map(async (one) => {
      const body = new Uint8Array(await (await fetch(one)).arrayBuffer());
      return [new URL(one).pathname, gzipSync(body).length] as const;
    }),
  );
  return { bytes: files.reduce((sum, [, size]) => sum + size, 0), files, stickers };
}

export const describePaint = ({ bytes, files, stickers }: FirstPaint): string =>
  [
    `first row of ${stickers} stickers: ${bytes.toLocaleString('en')} bytes gzipped`,
    ...files.map(([path, size]) => `  ${size.toLocaleString('en').padStart(9)}  ${path}`),
  ].join('\n');
