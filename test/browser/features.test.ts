import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { zip } from '../../packages/picker/test/zip-writer.ts';
import { names, requests, usePage } from './embed-page.ts';
import { focused, pickerOf, search, selections, violations, WAIT } from './support.ts';

const open = usePage();

const dialog = (page: Page) => page.locator('sotto-stickers').getByRole('dialog');

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>';
const CUSTOM = `const art = { type: 'image/svg+xml', data: '${SVG}' };
  const custom = [{ id: 'c1', name: 'party parrot', art, keywords: ['dance'] }, { id: 'c2', name: 'logo', art, group: 'Team', emoji: '🏢' }];`;

test('custom stickers: have groups, are found in either mode, and are never sent', async () => {
  const page = await open(
    `${CUSTOM} const one = put({ mode: 'network' }); one.device = device(); one.client = client(held(pages)); one.customStickers = custom;`,
  );
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  const tabs = await picker.tabs.evaluateAll((all) => all.map((tab) => tab.getAttribute('aria-label')));
  expect(tabs.slice(-2)).toEqual(['Custom', 'Team']);
  await picker.box.fill('dance');
  await picker.cells.first().waitFor();
  expect(await names(page)).toEqual(['party parrot', 'device dance']);
  await picker.box.press('Enter');
  await page.evaluate('release()');
  await picker.heading.filter({ hasText: '101' }).waitFor();
  expect((await names(page)).slice(0, 2)).toEqual(['party parrot', 'dance 0']);
  const picked = await selections(page);
  await picker.cells.first().click();
  await expect.poll(picked, WAIT).toMatchObject([{ id: 'c1', pack: 'custom', art: { data: SVG } }]);
  expect(await requests(page)).toEqual(['dance']);
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

test('categories: order the tabs and hide the others', async () => {
  const page = await open(
    `${CUSTOM} const one = put({ categories: 'Team recents smileys' }); one.device = device(); one.customStickers = custom;`,
  );
  const picker = pickerOf(page);
  await picker.tabs.nth(2).waitFor();
  const tabs = () => picker.tabs.evaluateAll((all) => all.map((tab) => tab.getAttribute('aria-label')));
  expect(await tabs()).toEqual(['Team', 'Recently used', 'Smileys']);
  await page.evaluate(`document.querySelector('sotto-stickers').setAttribute('categories', 'smileys')`);
  expect(await tabs()).toEqual(['Smileys']);
  await page.context().close();
});

describe('preview', () => {
  test('a right click opens it, the keyboard stays in it, and Escape returns to the cell', async () => {
    const page = await open(`put().device = device()`);
    const picker = pickerOf(page);
    const picked = await selections(page);
    await picker.cells.nth(1).click({ button: 'right' });
    await dialog(page).waitFor();
    expect(await dialog(page).innerText()).toContain('two en');
    expect(await violations(page)).toEqual([]);
    expect(await focused(page)).toBe('Use this sticker');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Remove from favourites');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Close');
    await page.keyboard.press('Escape');
    expect(await dialog(page).isVisible()).toBe(false);
    expect(await focused(page)).toBe('two en');
    await picker.cells.first().click({ button: 'right' });
    await picker.button('Use this sticker').click();
    await expect.poll(picked, WAIT).toMatchObject([{ id: 'one' }]);
    await page.context().close();
  });

  test('a finger that is held opens it and picks nothing; a finger that scrolls does not', async () => {
    const page = await open(`put().device = device()`, { hasTouch: true, clock: true });
    const picked = await selections(page);
    const cell = pickerOf(page).cells.first();
    await cell.waitFor();
    /** Dispatches pointer events in one task, so that a finger is not held longer on a busy machine. */
    const touch = (...events: readonly (readonly [type: string, x: number])[]): Promise<void> =>
      cell.evaluate((element, all) => {
        const options = { pointerType: 'touch', bubbles: true, composed: true, clientY: 9 };
        for (const [type, clientX] of all)
          element.dispatchEvent(new PointerEvent(type, { ...options, clientX }));
      }, events);
    await touch(['pointerdown', 9], ['pointermove', 99]);
    await page.clock.runFor(1000);
    expect(await dialog(page).isVisible()).toBe(false);
    await touch(['pointerdown', 9], ['pointermove', 12]);
    await page.clock.runFor(1000);
    await dialog(page).waitFor();
    await touch(['pointerup', 12]);
    await cell.dispatchEvent('click', { detail: 1, bubbles: true, composed: true });
    expect(await picked()).toEqual([]);
    await page.context().close();
  });
});

test('drag: carries the emoji in its skin tone and the image, and counts as a use when it is dropped', async () => {
  const page =
    await open(`${CUSTOM} const one = put(); one.storage = null; one.device = device(); one.customStickers = custom;
    document.querySelector('main').insertAdjacentHTML('beforeend', '<p id="target" style="height:60px">here</p>');
    const target = document.querySelector('#target');
    target.addEventListener('dragover', (event) => event.preventDefault());
    target.addEventListener('drop', (event) => {
      event.preventDefault();
      globalThis.dropped = ['text/plain', 'text/html'].map((type) => event.dataTransfer.getData(type));
    });
    document.addEventListener('dragend', () => { globalThis.ended = true; });`);
  const picker = pickerOf(page);
  await picker.tabs.last().click();
  await picker.cells.first().locator('img').waitFor();
  await picker.cells.first().dragTo(page.locator('#target'));
  await page.waitForFunction('globalThis.dropped && globalThis.ended');
  const [text, html] = (await page.evaluate('dropped')) as string[];
  expect(text).toBe('🏢');
  expect(html).toMatch(/<img src="data:image\/svg\+xml/);
  await picker.tabs.first().click();
  await expect.poll(() => names(page), WAIT).toEqual(['logo']);
  await page.context().close();
});

test('frequently used: the tab shows what is picked most first, after a reload too', async () => {
  const page = await open(`put().device = device()`);
  const picker = pickerOf(page);
  const picked = await selections(page);
  for (const n of [0, 1, 1]) await picker.cells.nth(n).click();
  await expect.poll(async () => (await picked()).length, WAIT).toBe(3);
  await page.reload();
  await page.waitForFunction('globalThis.put');
  await page.evaluate('put().device = device()');
  await picker.tabs.nth(2).click();
  expect(await picker.tabs.nth(2).getAttribute('aria-label')).toBe('Used most');
  expect(await names(page)).toEqual(['two en', 'one en']);
  await page.context().close();
});

describe('packs of the person', () => {
  const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const ARCHIVE = zip({
    'cats/happy_cat.png': { raw: PNG, method: 0 },
    'dog.svg': SVG,
    'bad.svg': '<svg><script/></svg>',
    '.hidden.png': 'x',
  });

  test('a ZIP file is added, searched with the rest, kept, removed, and never sent', async () => {
    const page = await open(
      `globalThis.one = put({ mode: 'network' }); one.device = device(); one.client = client(pages); one.personalPacks = personalPacks();`,
    );
    const picker = pickerOf(page);
    await page.locator('sotto-stickers').getByRole('tab', { name: 'My stickers' }).click();
    await picker.state.filter({ hasText: 'No stickers of your own yet' }).waitFor();
    expect(await violations(page)).toEqual([]);
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      picker.button('Add a ZIP file').click(),
    ]);
    await chooser.setFiles({
      name: 'my_pack.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(ARCHIVE),
    });
    await expect.poll(() => names(page), WAIT).toEqual(['happy cat', 'dog']);
    await picker.cells.first().locator('img[src^="data:image/webp"]').waitFor();
    await search(page, 'cats');
    await picker.heading.filter({ hasText: '101' }).waitFor();
    expect((await names(page))[0]).toBe('happy cat');
    expect(await requests(page)).toEqual(['cats']);
    await page.reload();
    await page.waitForFunction('globalThis.put');
    await page.evaluate('put().personalPacks = personalPacks()');
    await page.locator('sotto-stickers').getByRole('tab', { name: 'My stickers' }).click();
    await expect.poll(() => names(page), WAIT).toEqual(['happy cat', 'dog']);
    await picker.button('Remove: my pack').click();
    await picker.state.filter({ hasText: 'No stickers of your own yet' }).waitFor();
    await page.context().close();
  });

  test('says what to do with files that are no images, and with a browser that stores nothing', async () => {
    const page = await open(`globalThis.one = put(); one.personalPacks = personalPacks();`);
    const picker = pickerOf(page);
    await page.locator('sotto-stickers').getByRole('tab', { name: 'My stickers' }).click();
    const add = async (name: string, buffer: Buffer): Promise<void> => {
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        picker.button('Add a ZIP file').click(),
      ]);
      await chooser.setFiles({ name, mimeType: 'application/octet-stream', buffer });
    };
    await add('notes.txt', Buffer.from('hello'));
    await picker.state.filter({ hasText: 'No usable images were found.' }).waitFor();
    await add('broken.zip', Buffer.from('PK'));
    await picker.state.filter({ hasText: 'No usable images were found.' }).waitFor();
    await page.evaluate(
      'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }',
    );
    await add('dog.svg', Buffer.from(SVG));
    await picker.state.filter({ hasText: 'Allow this site to store data' }).waitFor();
    expect(await picker.cells.count()).toBe(0);
    await page.context().close();
  });
});

describe('shortcode completion', () => {
  const FIELD = `document.querySelector('main').insertAdjacentHTML('beforeend', '<label>Message <textarea id="field"></textarea></label>');
    globalThis.field = document.querySelector('#field');
    globalThis.sent = 0;
    field.addEventListener('keydown', (event) => { if (event.key === 'Enter') sent++; });
    const found = [{ ...sticker('a', 'red heart'), emoji: '❤️' }, { ...sticker('b', 'heart eyes'), emoji: '😍' }];
    globalThis.queries = [];
    globalThis.remove = completeShortcodes(field, { device: { search: (query) => { queries.push(query); return query.startsWith('hea') ? found : []; }, art: () => null } });`;

  test('lists stickers for a shortcode, and Enter inserts one without sending the message', async () => {
    const page = await open(FIELD);
    const field = page.locator('#field');
    const options = page.getByRole('option');
    await field.pressSequentially('I :hea');
    await expect.poll(() => options.allInnerTexts(), WAIT).toEqual(['❤️ red heart', '😍 heart eyes']);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await field.inputValue()).toBe('I 😍');
    expect(await page.evaluate('sent')).toBe(0);
    await field.pressSequentially(' you :heart:');
    await expect.poll(() => field.inputValue(), WAIT).toBe('I 😍 you ❤️');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('sent')).toBe(1);
    await page.context().close();
  });

  test('stays closed for times, ratios and single characters, and after Escape', async () => {
    const page = await open(FIELD);
    const field = page.locator('#field');
    await field.pressSequentially('at 10:30 a:b :h http://x ');
    expect(await page.getByRole('listbox').isVisible()).toBe(false);
    expect(await page.evaluate('queries')).toEqual([]);
    await field.pressSequentially(':hea');
    await page.getByRole('option').first().click();
    expect(await field.inputValue()).toMatch(/ ❤️$/);
    await field.pressSequentially(' :hea');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('listbox').isVisible()).toBe(false);
    await page.evaluate('remove()');
    await field.pressSequentially(' :hea');
    expect(await page.locator('[role=listbox]').count()).toBe(0);
    await page.context().close();
  });
});
