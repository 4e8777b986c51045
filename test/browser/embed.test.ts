import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { names, requests, usePage } from './embed-page.ts';
import { pickerOf, search, selections, violations, WAIT } from './support.ts';

const open = usePage();

/** Advances the page’s clock, so that timers of the picker that must not exist would fire. */
const minutes = async (page: Page): Promise<void> => page.clock.runFor(120_000);

describe('picker in device mode', () => {
  test('sends nothing while the stickers on the device load slowly, and says so', async () => {
    const page = await open(`put({ mode: 'network' }).client = client(pages)`, {
      clock: true,
      before: `localStorage.setItem('sotto-stickers', '{"mode":"device"}')`,
    });
    const picker = pickerOf(page);
    await search(page, 'cat');
    await picker.state.filter({ hasText: 'nothing was searched' }).waitFor();
    await minutes(page);
    expect(await requests(page)).toEqual([]);
    expect(await picker.mode.getAttribute('aria-checked')).toBe('false');
    await page.evaluate(`document.querySelector('sotto-stickers').device = device()`);
    await expect.poll(() => names(page), WAIT).toEqual(['device cat']);
    expect(await requests(page)).toEqual([]);
    await page.context().close();
  });

  test('offers the network and sends to it only when the person chooses it', async () => {
    const page = await open(`put({ mode: 'device' }).client = client(pages)`);
    const picker = pickerOf(page);
    await picker.box.fill('cat');
    await picker.button('Search the private network').click();
    await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
    expect(await requests(page)).toEqual(['cat']);
    await page.context().close();
  });
});

test('picker: sends nothing again when properties are set to the same values', async () => {
  const page = await open(
    `const one = put({ mode: 'network', locale: 'de' }); one.client = client(pages); one.device = device()`,
    { clock: true },
  );
  const picker = pickerOf(page);
  await search(page, 'cat');
  await picker.heading.filter({ hasText: '100' }).waitFor();
  await page.evaluate(`{
    const one = document.querySelector('sotto-stickers');
    one.client = one.client;
    one.device = one.device;
    one.locale = 'de';
    one.setAttribute('mode', 'network');
  }`);
  await minutes(page);
  expect(await requests(page)).toEqual(['cat']);
  expect((await names(page)).length).toBe(100);
  await page.context().close();
});

test('picker: two pickers on one page keep each other’s favourites', async () => {
  const page = await open(`for (const id of ['a', 'b']) put({ id }).device = device()`);
  const cell = (id: string, n: number) =>
    page.locator(`#${id}`).getByRole('gridcell').getByRole('button').nth(n);
  await cell('a', 0).press('Shift+Enter');
  await cell('b', 1).press('Shift+Enter');
  await cell('a', 1).click();
  const kept = await page.evaluate(
    () => JSON.parse(localStorage.getItem('sotto-stickers') ?? '{}') as unknown,
  );
  expect(kept).toMatchObject({ favourites: [{ id: 'two' }, { id: 'one' }], recents: [{ id: 'two' }] });
  await page.context().close();
});

test('picker: shows the last locale that was set, and recents in that locale', async () => {
  const page = await open(`
    const late = Promise.withResolvers();
    const made = device();
    globalThis.late = () => late.resolve(made.groups('en'));
    const one = put({ locale: 'en' });
    one.device = { ...made, groups: (locale) => locale === 'en' ? late.promise : made.groups(locale) };
    one.locale = 'de';`);
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  await page.evaluate('late()');
  await page.evaluate('Promise.resolve()');
  expect(await names(page)).toEqual(['one de', 'two de']);
  await picker.cells.first().click();
  await page.evaluate(`document.querySelector('sotto-stickers').locale = 'fr'`);
  await picker.tabs.first().click();
  await expect.poll(() => names(page), WAIT).toEqual(['one fr']);
  await page.context().close();
});

test('picker: appends pages up to 1,200 stickers without rebuilding the cells that are there', async () => {
  const page = await open(`put().client = client(pages)`);
  const picker = pickerOf(page);
  await search(page, 'cat');
  await picker.heading.filter({ hasText: '100' }).waitFor();
  await picker.cells.first().evaluate((cell) => Object.assign(globalThis, { first: cell }));
  const more = picker.button('Show more');
  for (let n = 2; n <= 12; n++) {
    await more.click();
    await expect.poll(() => picker.cells.count(), WAIT).toBe(100 * n);
  }
  const all = await names(page);
  expect(all).toEqual(Array.from({ length: 1200 }, (_, i) => `cat ${i}`));
  expect(
    await picker.cells.first().evaluate((cell) => cell === (globalThis as { first?: unknown }).first),
  ).toBe(true);
  expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(Math.ceil(1200 / 4)));
  await picker.cells.first().focus();
  await page.keyboard.press('Control+End');
  expect(await picker.cells.last().evaluate((cell) => cell.matches(':focus'))).toBe(true);
  await page.context().close();
});

test('picker: keeps its stickers when the next page fails, and a retry loads it', async () => {
  const page = await open(`put().client = client((query, options) => {
    if (options.cursor && asked.length === 2) throw failing('relay-unreachable');
    return pages(query, options);
  })`);
  const picker = pickerOf(page);
  await search(page, 'cat');
  await picker.button('Show more').click();
  await picker.notice.filter({ hasText: 'The relay cannot be reached' }).waitFor();
  expect(await picker.frame.innerText()).not.toContain('this device');
  await picker.button('Try again').click();
  await expect.poll(() => picker.cells.count(), WAIT).toBe(200);
  expect(await picker.notice.count()).toBe(0);
  await page.context().close();
});

test('L6 picker: says how long tokens rest, and spends a fresh one only with consent', async () => {
  const page = await open(
    `const one = put({ mode: 'network' });
     one.device = device();
     one.client = client((query, options) => {
       if (!options.allowFresh) throw failing('tokens-resting', { until: 1_900_000_020 });
       return pages(query, options);
     })`,
    { timezoneId: 'UTC' },
  );
  const picker = pickerOf(page);
  await picker.box.fill('cat'); // without Enter: after a pause it sends one request, however slow the machine is
  await picker.notice.filter({ hasText: 'Available: Sun 5:47' }).waitFor();
  expect(await names(page)).toEqual(['device cat']);
  expect(await violations(page)).toEqual([]);
  await picker.button('Search now anyway').click();
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  expect(await page.evaluate('asked.map(({ options }) => options)')).toEqual([{}, { allowFresh: true }]);
  await page.context().close();
});

test.each(['en', 'de', 'fr', 'ar', 'ja'])(
  'picker in %s: fits into 320 pixels in a grid, a flex row and a float',
  async (locale) => {
    const page = await open(
      `const main = document.querySelector('main');
     main.innerHTML = '<div style="display:grid"></div><div style="display:flex"></div><div style="float:inline-start"></div>';
     for (const parent of main.children) {
       const one = put({ mode: 'network', locale: '${locale}' }, parent);
       one.device = device();
       one.client = client(() => { throw failing('no-tokens', { until: 1_900_000_000 }) });
     }`,
      { viewport: { width: 320, height: 700 } },
    );
    const picker = page.locator('sotto-stickers').first();
    await picker.getByRole('combobox').fill('cat');
    await picker.getByRole('combobox').press('Enter');
    await picker.locator('[part=notice]').waitFor();
    const wide = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await wide()).toBe(320);
    const inner = await picker.locator('[part=picker]').evaluate((frame) =>
      [...frame.querySelectorAll('*')]
        .filter(
          (one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'visible',
        )
        .filter((one) => one instanceof HTMLElement && getComputedStyle(one).display !== 'inline')
        .map((one) => one.className),
    );
    expect(inner).toEqual([]);
    await page.context().close();
  },
);

describe('N38 names of stickers from the network', () => {
  const FOUND = `client(() => ({ results: [sticker('one'), sticker('unknown')], next: null }))`;

  test.each([
    [
      'the language of the page',
      `document.documentElement.lang = 'de_AT'; const one = put({ mode: 'network' });`,
      [],
    ],
    ['the attribute', `const one = put({ mode: 'network', locale: 'de_AT' });`, [{ locale: 'de' }]],
  ])('are in the person’s language by %s, and only the attribute is sent', async (_by, script, sent) => {
    const page = await open(`${script} one.device = device(); one.client = ${FOUND};`);
    const picked = await selections(page);
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    await search(page, 'eins');
    await expect.poll(() => names(page), WAIT).toEqual(['one de-AT', 'unknown']);
    await picker.box.press('Enter');
    await expect.poll(picked, WAIT).toMatchObject([{ id: 'one', name: 'one de-AT' }]);
    expect(await page.evaluate('asked.map(({ options }) => options)')).toEqual(
      sent.length === 0 ? [{}] : sent,
    );
    await page.context().close();
  });

  test('follow when the language changes and when the device is late', async () => {
    const page = await open(
      `globalThis.one = put({ mode: 'network', locale: 'de' }); one.client = ${FOUND};`,
    );
    await search(page, 'eins');
    await expect.poll(() => names(page), WAIT).toEqual(['one', 'unknown']);
    await page.evaluate('one.device = device()');
    await expect.poll(() => names(page), WAIT).toEqual(['one de', 'unknown']);
    await page.evaluate(`one.locale = 'pt_BR'`);
    await expect.poll(() => names(page), WAIT).toEqual(['one pt-BR', 'unknown']);
    await page.context().close();
  });
});

test('picker: the preview shows the sticker that Enter would pick', async () => {
  const page = await open(`put().device = device()`);
  const name = page.locator('sotto-stickers').locator('[part=preview-name]');
  await pickerOf(page).cells.first().waitFor();
  expect(await name.textContent()).toBe('Pick a sticker');
  await pickerOf(page).box.fill('cat');
  await name.filter({ hasText: 'device cat' }).waitFor();
  await page.context().close();
});
