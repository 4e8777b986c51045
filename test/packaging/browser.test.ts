import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, type TestContext as Context } from 'vitest';
import { launch } from '../browser/chromium.ts';
import { cell, folderOf, outputOf, tryInstall } from './support/cells.ts';
import { removeAll } from './support/npm.ts';
import { serveSite } from './support/site.ts';

const suite = inject('suite');
const PATIENCE = 120_000; // milliseconds for a search on a busy machine
let browser: Browser | null = null;
let missing = '';

beforeAll(async () => {
  browser = await launch().catch((error: Error) => {
    missing = `no Chromium here: ${error.message.split('\n')[0]}`;
    return null;
  });
});
afterAll(async () => {
  await browser?.close();
  removeAll();
});

/** Searches on the page and picks the first sticker. Nothing may break the page's policy. */
async function searchAndPick(
  folder: string,
  context: Context,
  query = 'happy cat',
  name = 'cat',
): Promise<void> {
  if (browser === null) return context.skip(missing);
  const site = await serveSite(folder, suite);
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  try {
    await page.goto(site.url);
    const picker = page.locator('sotto-stickers');
    const field = picker.locator('input').first();
    await field.fill(query, { timeout: PATIENCE });
    await field.press('Enter');
    const sticker = picker.locator(`[part~=sticker][aria-label*="${name}" i]`).first();
    await sticker.click({ timeout: PATIENCE });
    await expect
      .poll(() => page.locator('#picked').textContent(), { timeout: PATIENCE })
      .toMatch(/\p{Emoji}/u);
    expect(problems).toEqual([]);
  } finally {
    await page.close();
    site.close();
  }
}

cell({ consumer: 'HTML, strict CSP, integrity', runtime: 'Chromium' }, async (context) => {
  const folder = folderOf(await tryInstall('html', inject('registry'), ['@sotto/picker']), context);
  const dist = path.join(folder, 'node_modules/@sotto/picker/dist');
  copyFileSync(path.join(dist, 'sotto.min.js'), path.join(folder, 'sotto.min.js'));
  const integrity = JSON.parse(readFileSync(path.join(dist, 'integrity.json'), 'utf8')) as Record<
    string,
    string
  >;
  const html = readFileSync(path.join(folder, 'index.html'), 'utf8');
  const index = html.replaceAll('INTEGRITY', integrity['sotto.min.js'] ?? '');
  writeFileSync(path.join(folder, 'index.html'), index);
  await searchAndPick(folder, context);
});

cell({ consumer: 'esbuild', runtime: 'Chromium' }, async (context) => {
  const installed = await tryInstall('esbuild', inject('registry'), ['@sotto/picker', '@sotto/client']);
  const folder = folderOf(installed, context);
  const options = ['page.js', '--bundle', '--minify', '--format=esm', '--outfile=page.min.js'];
  await outputOf(path.join(folder, 'node_modules/esbuild/bin/esbuild'), options, {
    cwd: folder,
    env: { PATH: path.dirname(process.execPath) },
  });
  await searchAndPick(folder, context, 'fröhliche Katze', 'katze');
});

cell({ consumer: 'Vite with React', runtime: 'Chromium' }, async (context) => {
  const installed = await tryInstall('vite-react', inject('registry'), ['@sotto/picker', '@sotto/client']);
  const cwd = folderOf(installed, context);
  const modules = path.join(cwd, 'node_modules');
  await outputOf(process.execPath, [path.join(modules, 'typescript/bin/tsc')], { cwd });
  await outputOf(process.execPath, [path.join(modules, 'vite/bin/vite.js'), 'build'], { cwd });
  await searchAndPick(path.join(cwd, 'dist'), context);
});
