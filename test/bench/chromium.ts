import { launch } from '../browser/chromium.ts';
import { bundle, serve } from '../browser/serve.ts';
import { median, summary } from './measure.ts';
import type { PageTime } from './page-batch.ts';
import type { Measured } from './row.ts';

const ROUNDS = 7;
const HTML = '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>';

interface Round {
  readonly ours: PageTime;
  readonly peer: PageTime;
}

/**
 * Drawing a batch of 30 tokens in a page: the time, and the longest task of the main thread, which is the shortest of
 * all rounds, because other processes only make tasks longer.
 */
export async function pageFigures(): Promise<[name: string, figure: Measured][]> {
  const script = await bundle("import './page-batch.ts'", import.meta.dirname);
  const [browser, served] = await Promise.all([launch(), serve(() => HTML, script)]);
  try {
    const page = await browser.newPage();
    await page.goto(served.url);
    await page.waitForFunction('globalThis.batch !== undefined');
    const figures: [string, Measured][] = [];
    for (const [name, hasX25519] of [
      ['page.batch', true],
      ['page.batch.no-x25519', false],
    ] as const) {
      const rounds: Round[] = [];
      for (let i = 0; i < ROUNDS; i++)
        rounds.push(await page.evaluate<Round>(`globalThis.batch(${hasX25519})`));
      const times = rounds.map(({ ours, peer }) => [ours.whole * 1000, peer.whole * 1000]);
      const longest = (who: keyof Round) => Math.min(...rounds.map((round) => round[who].longest)) * 1000;
      figures.push(
        [name, summary(times)],
        [
          `${name}.task`,
          task(longest('ours'), longest('peer'), median(rounds.map(({ ours }) => ours.longest))),
        ],
      );
    }
    return figures;
  } finally {
    served.close();
    await browser.close();
  }
}

function task(ours_us: number, peer_us: number, middle: number): Measured {
  const each_us = { 'median of the longest tasks': Math.round(middle * 1000) };
  return { ours_us, peer_us, ratio: ours_us / peer_us, spread: null, limit_us: null, each_us };
}
