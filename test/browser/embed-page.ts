import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launch } from './chromium.ts';
import { bundle, serve, type Served } from './serve.ts';
import { PATIENCE, pickerOf } from './support.ts';

const PICKER = path.resolve(import.meta.dirname, '../../packages/picker');

/** A page that embeds the picker, with a fake client and device, and records every request. */
const PAGE = `
  import '@sotto/picker';
  import '@sotto/picker/languages';
  import { completeShortcodes } from '@sotto/picker/completion';
  import { personalPacks } from '@sotto/picker/packs';
  const sticker = (id, name = id) => ({ id, name, emoji: '🐱', pack: 'core' });
  const asked = [];
  const failing = (code, more) => Object.assign(new Error(code), { code, ...more });
  const client = (answer) => ({ search: async (query, options) => {
    asked.push({ query, options });
    return answer(query, options);
  } });
  /** Responds when the test calls release(). */
  const held = (answer) => {
    const wait = Promise.withResolvers();
    globalThis.release = wait.resolve;
    return async (...all) => { await wait.promise; return answer(...all); };
  };
  const pages = (query, { cursor = '0' }) => {
    const from = Number(cursor);
    const results = Array.from({ length: 100 }, (_, i) => sticker(query + ' ' + (from + i)));
    return { results, next: from < 1100 ? String(from + 100) : null };
  };
  const device = (more) => ({
    search: (query) => [sticker('device ' + query)],
    art: () => null,
    groups: (locale) => [{ id: 'smileys', stickers: [sticker('one', 'one ' + locale), sticker('two', 'two ' + locale)] }],
    ...more,
  });
  const put = (attributes = {}, parent = document.querySelector('main')) => {
    const picker = document.createElement('sotto-stickers');
    for (const [name, value] of Object.entries(attributes)) picker.setAttribute(name, value);
    parent.append(picker);
    return picker;
  };
  Object.assign(globalThis, { completeShortcodes, personalPacks, asked, failing, client, held, pages, device, put, sticker });`;

/** At `/bare` the page has no script, so that the element is not defined there. */
const html = (where: string): string => {
  const script = where === '/bare' ? '' : '<script type="module" src="/page.js"></script>';
  return `<!doctype html><html lang="en"><title>A page</title>${script}<main><h1>A page</h1></main></html>`;
};

interface EmbedOptions extends BrowserContextOptions {
  /** The path of the page; `/bare` has no script. */
  readonly path?: string;
  /** Installs a clock that a test can advance. Time passes as usual until then. */
  readonly clock?: boolean;
  /** Script that runs before those of the page. */
  readonly before?: string;
}

/** Serves the page before the tests of a file. Returns a function that opens it for a new person and runs a script in it. */
export function usePage(): (script: string, options?: EmbedOptions) => Promise<Page> {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    const script = await bundle(PAGE, PICKER);
    [browser, served] = await Promise.all([launch(), serve(html, script)]);
  });
  afterAll(async () => {
    await browser.close();
    served.close();
  });
  return async (script, { path: where = '', clock = false, before = '', ...options } = {}) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    if (clock) await page.clock.install();
    await page.addInitScript(before);
    await page.goto(served.url + where);
    if (where === '') await page.waitForFunction('globalThis.put');
    await page.evaluate(`{ ${script} }`);
    return page;
  };
}

/** The names of the stickers that the picker shows. */
export const names = (page: Page): Promise<(string | null)[]> =>
  pickerOf(page).cells.evaluateAll((all) => all.map((cell) => cell.getAttribute('aria-label')));

/** The queries that were sent to the network. */
export const requests = (page: Page): Promise<string[]> => page.evaluate('asked.map(({ query }) => query)');
