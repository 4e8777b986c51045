import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { bundle, serve } from './serve.ts';
import { PATIENCE, pickerOf, search, selections, useSuite, violations, WAIT } from './support.ts';

const PHONES = [
  [320, 640],
  [360, 640],
  [375, 667],
  [390, 844],
] as const;
const SIZES = [...PHONES, [768, 1024], [1280, 800], [1920, 1080]] as const;
const ROOT = path.resolve(import.meta.dirname, '../..');

const local = useSuite();
const { open } = local;

/** Pairs of visible texts, buttons and pictures that overlap, as the page is scrolled now. */
const overlaps = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const boxes: { readonly name: string; readonly element: Element; readonly box: DOMRect }[] = [];
    const visible = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    for (const element of document.querySelectorAll('body *')) {
      const own = [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim() !== '',
      );
      const control = element.matches('sotto-stickers, button, select, summary, img');
      const clipped =
        getComputedStyle(element).clipPath !== 'none' ||
        element.closest('pre, #facts, option, .envelope') !== null;
      if ((!own && !control) || clipped || !visible(element)) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0)
        boxes.push({ name: `${element.localName}.${element.className}#${element.id}`, element, box });
    }
    for (const element of document.querySelectorAll('.exchange, .trust > div, .code, .picked, footer')) {
      boxes.push({ name: element.className, element, box: element.getBoundingClientRect() });
    }
    const hit = (a: DOMRect, b: DOMRect): boolean =>
      a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    return boxes.flatMap((a, i) =>
      boxes
        .slice(i + 1)
        .filter((b) => !a.element.contains(b.element) && !b.element.contains(a.element) && hit(a.box, b.box))
        .map((b) => `${a.name} × ${b.name}`),
    );
  });

/** Texts of the page that are larger than their box, with or without an ellipsis. */
const cut = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('main p, main h1, main h2, main h3, main .value, main button, main .name')]
      .filter((one) => getComputedStyle(one).display !== 'inline' && one.clientWidth > 1)
      .filter(
        (one) =>
          one.scrollWidth > one.clientWidth + 1 ||
          (one.matches('.value') && one.scrollHeight > one.clientHeight + 1),
      )
      .map((one) => `${one.className}: ${one.textContent}`),
  );

/** The top and the bottom of an element. */
const edges = (page: Page, selector: string): Promise<{ top: number; bottom: number }> =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return { top, bottom };
    });

test.each(['en', 'ar', 'ja'])(
  'N43 page in %s: nothing overlaps or is cut and axe finds nothing at any width, scrolled to the top or the end, before and after a search',
  async (locale) => {
    const { page } = await open({ locale, reducedMotion: 'reduce' }); // axe must not see a colour during a transition
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    await page.locator('#examples button').nth(2).waitFor();
    const heights: number[][] = [];
    for (const searched of [false, true]) {
      if (searched) {
        await search(page, 'cat');
        await page.locator('.row.seen').nth(3).waitFor();
        await picker.cells.first().click();
        await page.locator('#picked img').waitFor();
      }
      const sizes = [];
      for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        for (const edge of [0, 1e6]) {
          await page.evaluate((y) => scrollTo(0, y), edge);
          expect(await overlaps(page)).toEqual([]);
        }
        expect(await cut(page)).toEqual([]);
        const { top, bottom } = await edges(page, '[part=mode-switch]');
        expect(bottom - top).toBeLessThan(40); // its words are on one line
        const beside = width >= 1000 ? await edges(page, '.exchange') : await edges(page, 'sotto-stickers');
        expect(await edges(page, 'sotto-stickers')).toEqual(beside); // with equal heights
        for (const colorScheme of searched ? (['light', 'dark'] as const) : []) {
          await page.emulateMedia({ colorScheme });
          expect(await violations(page)).toEqual([]);
        }
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        sizes.push(await page.evaluate(() => document.documentElement.scrollHeight));
      }
      heights.push(sizes);
    }
    expect(heights[1]).toEqual(heights[0]); // results, facts and picked stickers move nothing
    await page.context().close();
  },
);

test('N43 page: the overlap check finds boxes that overlap', async () => {
  const { page } = await open();
  await pickerOf(page).cells.first().waitFor();
  await page.evaluate(() =>
    Object.assign((document.querySelector('.try') as HTMLElement).style, {
      position: 'relative',
      top: '300px',
    }),
  );
  expect((await overlaps(page)).length).toBeGreaterThan(0);
  await page.context().close();
});

test.each(['en', 'de', 'ar', 'ja'])(
  'N43 page in %s on a phone: a row of results and the proof are visible without scrolling, with touch or a mouse',
  async (locale) => {
    for (const hasTouch of [true, false]) {
      const { page } = await open({ locale, hasTouch, isMobile: hasTouch });
      const picker = pickerOf(page);
      await picker.cells.first().waitFor();
      await search(page, 'cat');
      await page.locator('.row.seen').nth(3).waitFor();
      for (const [width, height] of PHONES) {
        await page.setViewportSize({ width, height });
        expect(await page.evaluate(() => scrollY)).toBe(0);
        for (const party of ['person', 'relay', 'gateway', 'stickers']) {
          const { top, bottom } = await edges(page, `[data-party=${party}]`);
          expect(top).toBeGreaterThan(0);
          expect(bottom).toBeLessThanOrEqual(height);
        }
        const cell = await edges(page, '[part=sticker]');
        const panel = await edges(page, 'sotto-stickers .panel');
        expect(cell.top).toBeGreaterThanOrEqual(panel.top);
        expect(cell.bottom).toBeLessThanOrEqual(panel.bottom);
      }
      await page.context().close();
    }
  },
);

test('N44 page: a search that does not reach the gateway shows no token of an earlier search', async () => {
  const first = await open();
  await search(first.page, 'cat');
  await first.page.locator('.row.seen').nth(3).waitFor();
  expect(await first.page.locator('#facts').textContent()).toContain('never seen before');
  await expect.poll(() => first.log.pending.size, WAIT).toBe(0);
  await first.page.context().close();
  const second = await open({ refused: { [`${local.suite.relay}/ohttp`]: 'abort' } });
  await pickerOf(second.page).cells.first().waitFor();
  await search(second.page, 'dog');
  await second.page.getByText('did not complete').waitFor();
  const facts = await second.page.locator('#facts').textContent();
  expect(facts).toContain('Blinded tokens issued');
  expect(facts).not.toContain('never seen before');
  expect(facts).not.toContain('cat');
  await second.page.context().close();
});

/** The text of an example's tab. */
async function exampleText(id: string): Promise<string> {
  const { page } = await open();
  await page.locator(`#tab-${id}`).click();
  const text = await page.locator('#example').textContent();
  await page.context().close();
  return text ?? '';
}

/** A folder with these files, in which the packages of this repository are installed. */
async function exampleFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sotto-example-'));
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

test('page: the HTML example runs as it is, on another origin', async () => {
  const html = await exampleText('html');
  const served = await serve(() => html);
  const page = await local.browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(served.url);
  const picker = pickerOf(page);
  const picked = await selections(page);
  await search(page, 'cat');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  await picker.box.press('Enter');
  await expect.poll(async () => (await picked()).length, WAIT).toBe(1);
  expect(await page.locator('#message').textContent()).toContain((await picked())[0]?.emoji);
  await page.close();
  served.close();
});

test('page: the React example runs as it is', async () => {
  const code = await exampleText('react');
  const main = `import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    import Composer from './composer.tsx';
    createRoot(document.querySelector('#root')).render(createElement(Composer));`;
  const folder = await exampleFolder({ 'composer.tsx': code });
  const served = await serve(
    () => '<!doctype html><div id="root"></div><script type="module" src="/page.js"></script>',
    await bundle(main, folder),
  );
  const page = await local.browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(served.url);
  const picker = pickerOf(page);
  await picker.box.waitFor();
  await search(page, 'cat');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  const picked = await selections(page);
  await picker.box.press('Enter');
  await expect.poll(async () => (await picked()).length, WAIT).toBe(1);
  expect(await page.locator('#root > p').textContent()).toBe((await picked())[0]?.emoji);
  await page.close();
  served.close();
  await rm(folder, { recursive: true });
});

test('page: the Node example runs as it is', async () => {
  const folder = await exampleFolder({ 'search.mjs': await exampleText('node') });
  const { stdout } = await promisify(execFile)(process.execPath, ['search.mjs'], {
    cwd: folder,
    timeout: 2 * PATIENCE,
  });
  expect(stdout).toMatch(/cat/);
  await rm(folder, { recursive: true });
});

test('page: the tabs of the examples follow the keyboard, and Copy copies the one that is shown', async () => {
  const { page } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.locator('#tab-html').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('#tab-node').getAttribute('aria-selected')).toBe('true');
  await page.locator('#copy').click();
  await page.getByText('Copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await page.locator('#example').textContent());
  expect(copied).toContain('createNodeClient');
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});
