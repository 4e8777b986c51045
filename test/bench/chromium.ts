import type { Browser, BrowserContext } from 'playwright-core';
import { launch } from '../browser/chromium.ts';
import { bundle, serve } from '../browser/serve.ts';
import { median, summary, type NamedFigure } from './measure.ts';
import type { BatchTimes } from './page-batch.ts';
import { untilSteady } from './starts.ts';
import { longestTasks, type TraceEvent } from './trace.ts';

const SETTLING = 15; // batches of a page, while its code is compiled and optimized
const BATCHES = 15; // with their time, and as many with a trace
const HTML = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';

/** Drawing a batch of 30 tokens in a page: the time, and the longest task of the main thread. A start is a new page. */
export async function pageFigures(): Promise<NamedFigure[]> {
  const script = await bundle("import './page-batch.ts'", import.meta.dirname);
  const [browser, served] = await Promise.all([launch(), serve(() => HTML, script)]);
  try {
    const [withX25519, without] = await untilSteady(
      [true, false].map((hasX25519) => () => inNewContext(browser, served.url, hasX25519)),
    );
    return [...(withX25519 ?? []), ...(without ?? [])];
  } finally {
    served.close();
    await browser.close();
  }
}

async function inNewContext(browser: Browser, url: string, hasX25519: boolean): Promise<NamedFigure[]> {
  const context = await browser.newContext();
  try {
    return await inPage(browser, context, url, hasX25519);
  } finally {
    await context.close();
  }
}

async function inPage(
  browser: Browser,
  context: BrowserContext,
  url: string,
  hasX25519: boolean,
): Promise<NamedFigure[]> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction('globalThis.batch !== undefined');
  const batches = async (count: number): Promise<number[][]> => {
    const all: number[][] = [];
    for (let i = 0; i < count; i++) {
      const { ours, peer } = await page.evaluate<BatchTimes>(`globalThis.batch(${hasX25519})`);
      all.push([ours * 1000, peer * 1000]);
    }
    return all;
  };
  await batches(SETTLING);
  const times = await batches(BATCHES);
  await browser.startTracing(page, { categories: ['-*', 'toplevel', 'blink.user_timing'] });
  await batches(BATCHES);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const [ours, peer] = (['ours', 'peer'] as const).map((who) => longestTasks(trace.traceEvents, who));
  const name = hasX25519 ? 'page.batch' : 'page.batch.no-x25519';
  return [
    [name, summary(times)],
    [`${name}.task`, summary([[median(ours ?? []), median(peer ?? [])]])],
  ];
}
