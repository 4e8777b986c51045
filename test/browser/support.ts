import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { startSuite as startLocal } from '@sotto/local';
import { afterAll, beforeAll, vi } from 'vitest';
import { tableOf } from '../../services/local/src/table.ts';
import { launch } from './chromium.ts';

export { launch };

/** How long a condition is waited for, in milliseconds. Long, because a busy machine is slow. */
export const PATIENCE = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE, hookTimeout: 3 * PATIENCE });

/** For `expect.poll`. */
export const WAIT = { timeout: PATIENCE };

interface Suite {
  readonly page: string;
  readonly relay: string;
  readonly issuer: string;
  dispose(): Promise<void>;
}

/** The whole local suite on free ports, with its page. */
async function startSuite(): Promise<Suite> {
  const suite = await startLocal({ taps: true, page: true, log: true, vars: tableOf([]).vars });
  const { page, relay, issuer } = suite.urls;
  return { page, relay, issuer, dispose: () => suite.dispose() };
}

/** A browser, and a suite whose page it opens. */
export interface Local {
  readonly browser: Browser;
  readonly suite: Suite;
  readonly open: (options?: OpenOptions) => Promise<Opened>;
}

/** Starts a browser and the local suite before the tests of a file, and ends them after. */
export function useSuite(): Local {
  const local = { open: (options?: OpenOptions) => openPage(local, options) } as {
    -readonly [key in keyof Local]: Local[key];
  };
  beforeAll(async () => {
    [local.browser, local.suite] = await Promise.all([launch(), startSuite()]);
  });
  afterAll(async () => {
    await local.browser.close();
    await local.suite.dispose();
  });
  return local;
}

/** Everything that a page sent, and to which origins. */
export interface Log {
  /** Requests that have no response yet. */
  readonly pending: Set<unknown>;
  readonly origins: Set<string>;
  /** Address, headers and body of each request, as text. */
  readonly requests: string[];
  readonly errors: string[];
}

export interface Opened {
  readonly page: Page;
  readonly log: Log;
}

/** Records what the pages of a context send from now on. */
export function logOf(context: BrowserContext): Log {
  const log: Log = { origins: new Set(), requests: [], errors: [], pending: new Set() };
  context.on('requestfinished', (request) => log.pending.delete(request));
  context.on('requestfailed', (request) => log.pending.delete(request));
  context.on('request', (request) => {
    if (request.url().startsWith('data:')) return;
    log.pending.add(request);
    log.origins.add(new URL(request.url()).origin);
    const headers = JSON.stringify(request.headers());
    log.requests.push(`${request.url()} ${headers} ${request.postData() ?? ''}`);
  });
  context.on('weberror', (error) => log.errors.push(error.error().message));
  context.on('console', (line) => {
    if (line.text().includes('Content Security Policy')) log.errors.push(line.text());
  });
  return log;
}

interface OpenOptions extends BrowserContextOptions {
  /** Requests whose URL begins with a key are aborted, or get this status. */
  readonly refused?: Readonly<Record<string, 'abort' | number>>;
}

let people = 0;

/**
 * Opens the page as a new person, with empty storage and an account of their own, and waits until its client is
 * set and its examples are shown, which is the end of its start.
 */
async function openPage(
  { browser, suite }: Pick<Local, 'browser' | 'suite'>,
  { refused = {}, ...options }: OpenOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const log = logOf(context);
  const person = ++people;
  await context.route(`${suite.page}/local/account`, (route) =>
    route.continue({ url: `${suite.page}/local/account?name=person-${person}@local` }),
  );
  for (const [start, how] of Object.entries(refused)) {
    await context.route(
      (url) => url.href.startsWith(start),
      async (route) => {
        if (how === 'abort') return route.abort();
        const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
        const preflight = route.request().method() === 'OPTIONS';
        return route.fulfill({ status: preflight ? 204 : how, headers, body: '' });
      },
    );
  }
  const page = await context.newPage();
  await page.clock.install(); // time passes as usual until a test advances it
  await page.goto(suite.page);
  await page.locator('#examples button').nth(2).waitFor();
  return { page, log };
}

const axe = await readFile(
  path.resolve(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'),
  'utf8',
);

/** The violations that axe-core finds on the page, shadow roots included. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as { axe: typeof import('axe-core') };
    const found = await tool.run(document, { resultTypes: ['violations'] });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target }) => `${id}: ${target.flat().join(' ')}`),
    );
  });
}

/** The parts of the picker that a person sees. */
export function pickerOf(page: Page) {
  const picker = page.locator('sotto-stickers');
  return {
    box: picker.getByRole('combobox'),
    cells: picker.getByRole('gridcell').getByRole('button'),
    tabs: picker.getByRole('tab'),
    mode: picker.getByRole('switch'),
    heading: picker.locator('[part=heading]'),
    notice: picker.locator('[part=notice]'),
    state: picker.locator('[part=state]'),
    said: picker.getByRole('status'),
    star: picker.locator('[part=favourite]'),
    tone: picker.locator('[part=tone-button]'),
    radios: picker.getByRole('radio'),
    frame: picker.locator('[part=picker]'),
    button: (name: string | RegExp) => picker.getByRole('button', { name }),
  };
}

/**
 * Types a query and presses Enter in one task of the page. With two tasks, the search that starts after a pause could end
 * in between on a busy machine, and Enter would pick the first sticker.
 */
export const search = (page: Page, query: string): Promise<void> =>
  pickerOf(page).box.evaluate((input, text) => {
    const options = { bubbles: true, composed: true, cancelable: true };
    input.focus();
    (input as HTMLInputElement).value = text;
    input.dispatchEvent(new InputEvent('input', { ...options, data: text }));
    input.dispatchEvent(new KeyboardEvent('keydown', { ...options, key: 'Enter' }));
  }, query);

/** The label of the focused element inside the picker. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const inside = document.querySelector('sotto-stickers')?.shadowRoot?.activeElement;
    return inside?.getAttribute('aria-label') ?? inside?.textContent ?? '';
  });

/** Records `sticker-select` events from now on. Returns a function that reads them. */
export async function selections(page: Page) {
  await page.evaluate(() => {
    const events: unknown[] = [];
    Object.assign(globalThis, { events });
    document.addEventListener('sticker-select', (event) => events.push((event as CustomEvent).detail));
  });
  type Detail = {
    id: string;
    name: string;
    emoji: string;
    pack: string;
    art: { type: string; data: string } | null;
  };
  return (): Promise<Detail[]> => page.evaluate(() => (globalThis as unknown as { events: Detail[] }).events);
}
