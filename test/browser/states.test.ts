import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { pickerOf, search, selections, useSuite, violations, WAIT } from './support.ts';

const local = useSuite();
const { open } = local;

const ground = (page: Page): Promise<string> =>
  pickerOf(page).frame.evaluate((element) => getComputedStyle(element).backgroundColor);

test('page in Arabic: is laid out from right to left', async () => {
  const { page } = await open();
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  await page.selectOption('#locale', 'ar');
  await expect.poll(() => picker.frame.getAttribute('dir'), WAIT).toBe('rtl');
  expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
  await page.getByRole('heading', { name: 'من يعرف ماذا' }).waitFor();
  await search(page, 'قلب');
  await picker.heading.filter({ hasText: 'من الشبكة الخاصة' }).waitFor();
  const [first, second] = await Promise.all([
    picker.cells.nth(0).boundingBox(),
    picker.cells.nth(1).boundingBox(),
  ]);
  expect(first?.x).toBeGreaterThan(second?.x ?? 0);
  await picker.box.press('ArrowDown');
  await page.keyboard.press('ArrowLeft');
  expect(await picker.cells.nth(1).evaluate((cell) => cell.matches(':focus'))).toBe(true);
  await page.locator('.row.seen').nth(3).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

test('page: is dark by system setting or attribute, and does not move with reduced motion', async () => {
  const { page } = await open({ colorScheme: 'dark', reducedMotion: 'reduce' });
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  const dark = await ground(page);
  await search(page, 'dog');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  const transitions = await picker.cells
    .first()
    .locator('img')
    .evaluate((image) => getComputedStyle(image).transitionDuration);
  expect(transitions).toBe('0s');
  expect(await violations(page)).toEqual([]);
  await page.selectOption('#theme', 'light');
  expect(await ground(page)).not.toBe(dark);
  await page.selectOption('#theme', 'dark');
  expect(await ground(page)).toBe(dark);
  await page.context().close();
});

test('L12 page: uses the browser’s language and sends no locale to the network', async () => {
  const { page } = await open({ locale: 'de-AT' });
  const picker = pickerOf(page);
  await page.getByRole('heading', { name: 'Wer was erfährt' }).waitFor();
  await picker.cells.first().waitFor();
  await search(page, 'Katze');
  await picker.heading.filter({ hasText: 'Aus dem privaten Netz' }).waitFor();
  await page.locator('.row.seen').nth(3).waitFor();
  const seen = await page.locator('.saw[data-of=gateway]').textContent();
  expect(seen).toContain('"q":"Katze"');
  expect(seen).not.toContain('locale');
  await page.context().close();
});

test('page: shows what the parties saw of a search that failed and of one from the cache', async () => {
  const refused = { [`${local.suite.relay}/ohttp`]: 'abort' } as const;
  const { page } = await open({ refused });
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  await search(page, 'cat');
  await page.getByText('did not complete').waitFor();
  expect(await page.locator('.row.seen').allInnerTexts()).toEqual([expect.stringContaining('person-')]);
  await page.context().unrouteAll();
  await search(page, 'bear');
  await page.getByText('No server knows both').waitFor();
  await search(page, 'lion');
  await expect.poll(() => page.locator('[data-party=stickers]').innerText(), WAIT).toContain('lion');
  await picker.box.fill('bear');
  await page.getByText('still in memory').waitFor();
  expect(await page.locator('.row.seen').count()).toBe(0);
  await page.context().close();
});

describe('page with the relay down', () => {
  test('keeps the device’s results, says what happened and what to do', async () => {
    const { page, log } = await open({ refused: { [local.suite.relay]: 'abort' } });
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    await search(page, 'cat');
    await picker.notice
      .filter({ hasText: 'The relay cannot be reached, and no other server was contacted.' })
      .waitFor();
    expect(await picker.cells.count()).toBeGreaterThan(0);
    await expect.poll(() => picker.said.textContent(), WAIT).toContain('The relay cannot be reached');
    expect(await violations(page)).toEqual([]);
    expect(
      [...log.origins].filter(
        (origin) => ![local.suite.page, local.suite.relay, local.suite.issuer].includes(origin),
      ),
    ).toEqual([]);
    await page.context().unroute(() => true);
    await picker.button('Search on this device').click();
    await picker.heading.filter({ hasText: 'From this device' }).waitFor();
    expect(await picker.notice.count()).toBe(0);
    await page.context().close();
  });

  test('says so without an engine on the device, and a retry works', async () => {
    const refused = { [local.suite.relay]: 'abort', [`${local.suite.page}/engine.js`]: 'abort' } as const;
    const { page } = await open({ refused });
    const picker = pickerOf(page);
    await picker.state.waitFor();
    await search(page, 'cat');
    await picker.state.filter({ hasText: 'Check your connection and try again.' }).waitFor();
    expect(await picker.mode.isVisible()).toBe(false);
    expect(await violations(page)).toEqual([]);
    await page.context().unrouteAll();
    await picker.button('Try again').click();
    await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
    await page.context().close();
  });
});

test('page: says that the tokens are used up, and searches on the device', async () => {
  const refused = { [`${local.suite.issuer}/voucher-request`]: 429 } as const;
  const { page } = await open({ refused });
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  await search(page, 'cat');
  await picker.notice.filter({ hasText: 'used all your private tokens' }).waitFor();
  expect(await picker.notice.getByRole('button').allInnerTexts()).toEqual(['Search on this device']);
  expect(await picker.cells.count()).toBeGreaterThan(0);
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

test('page: says that nothing was found, and offers to search on the device', async () => {
  const { page } = await open();
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  await search(page, 'qqqqzzzzxxxx');
  await picker.state.filter({ hasText: 'qqqqzzzzxxxx' }).waitFor();
  await picker.button('Search on this device').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.context().close();
});

const BUILT = path.join(import.meta.dirname, '../../services/stickers/catalogue/built');

/** The art of an emoji in a skin tone, as the catalogue has it, in base64. */
function tonedArt(toned: string): string | undefined {
  type Row = readonly [id: string, emoji: string, type: number, offset: number, length: number];
  const { tones } = JSON.parse(readFileSync(path.join(BUILT, 'tones.json'), 'utf8')) as {
    readonly tones: Readonly<Record<string, readonly Row[]>>;
  };
  const row = Object.values(tones)
    .flat()
    .find(([, emoji]) => emoji === toned);
  if (row === undefined) return undefined;
  const [, , , offset, length] = row;
  return readFileSync(path.join(BUILT, 'tones.bin'))
    .subarray(offset, offset + length)
    .toString('base64');
}

test('page: a held or right-clicked sticker offers its skin tones, also those of two people, and the chosen one is picked', async () => {
  const { page, log } = await open();
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  const picked = await selections(page);
  await page.evaluate(
    () => ((document.querySelector('sotto-stickers') as HTMLElement & { mode: string }).mode = 'device'),
  );
  const dialog = page.locator('sotto-stickers').getByRole('dialog');
  const radios = dialog.getByRole('radio');
  const openFirst = async (query: string): Promise<void> => {
    await search(page, query);
    await picker.heading.filter({ hasText: 'From this device' }).waitFor();
    await picker.cells.first().click({ button: 'right' });
    await radios.first().waitFor();
  };
  await openFirst('waving hand');
  expect(await radios.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual([
    'Default',
    'Light',
    'Medium-light',
    'Medium',
    'Medium-dark',
    'Dark',
  ]);
  expect(await violations(page)).toEqual([]);
  await radios.nth(4).click();
  await dialog.getByText('Use this sticker').click();
  await expect.poll(picked, WAIT).toMatchObject([{ emoji: '👋🏾', art: { data: tonedArt('👋🏾') } }]);
  await openFirst('people holding hands');
  expect(await radios.count()).toBe(26);
  await radios.first().focus();
  await page.keyboard.press('ArrowLeft');
  expect(await radios.last().getAttribute('aria-label')).toBe('Dark, Medium-dark');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const pair = '🧑🏿‍🤝‍🧑🏾';
  await expect.poll(picked, WAIT).toMatchObject([{}, { emoji: pair, art: { data: tonedArt(pair) } }]);
  expect(log.requests.filter((request) => request.includes('tones.')).length).toBe(2);
  await page.context().close();
});

test('L3 L12 L16 page: contacts only its own, the relay’s and the issuer’s origin, and never sends tone or picks', async () => {
  const { page, log } = await open();
  const picker = pickerOf(page);
  await picker.cells.first().waitFor();
  const picked = await selections(page);
  await picker.tone.click();
  expect(await violations(page)).toEqual([]);
  await picker.radios.nth(4).click();
  await search(page, 'waving hand');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  await page.locator('.row.seen').nth(3).waitFor();
  const searched = log.requests.length;
  await picker.cells.first().hover();
  await picker.star.click();
  await picker.cells.first().click();
  await expect.poll(picked, WAIT).toMatchObject([{ emoji: '👋🏾' }]);
  const [wave] = await picked();
  expect(wave?.art?.data).toBe(tonedArt('👋🏾'));
  const kept = await page.evaluate(() => localStorage.getItem('sotto-stickers'));
  expect(JSON.parse(kept ?? '{}')).toMatchObject({
    tone: 4,
    recents: [{ id: wave?.id }],
    favourites: [{ id: wave?.id }],
  });
  await page.clock.runFor(120_000);
  expect(log.requests.slice(searched)).toEqual([]);
  await search(page, 'clapping');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  await picker.cells.last().locator('img').waitFor();
  const taps = await page.evaluate(async () => (await fetch('/local/taps')).text());
  const sent = [taps, ...log.requests.slice(searched)].join('\n');
  expect(sent).toContain('clapping');
  expect(sent).not.toMatch(/wav|tone|recent|favourite|\u{1F3FE}|1f3fe|medium/iu);
  // One search is one request to the relay, whatever it finds; the rest are the page's own.
  const others = log.requests
    .slice(searched)
    .filter((request) => !request.startsWith(`${local.suite.page}/local/taps`));
  expect(others.filter((request) => !request.startsWith(local.suite.relay))).toEqual([]);
  const known = new Set([local.suite.page, local.suite.relay, local.suite.issuer]);
  expect([...log.origins].filter((origin) => !known.has(origin))).toEqual([]);
  expect(log.errors).toEqual([]);
  expect(await page.evaluate(() => document.cookie)).toBe('');
  await page.context().close();
});
