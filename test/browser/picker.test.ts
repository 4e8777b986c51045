import { describe, expect, test } from 'vitest';
import { focused, pickerOf, search, WAIT, selections, useSuite, violations } from './support.ts';

const local = useSuite();
const { open } = local;

describe('page, by mouse', () => {
  test('search, see stickers, pick one, and see what each party saw', async () => {
    const { page, log } = await open();
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    expect(await violations(page)).toEqual([]);
    await picker.box.click();
    await search(page, 'cat');
    await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
    const picked = await selections(page);
    const first = picker.cells.first();
    const name = await first.getAttribute('aria-label');
    await first.locator('img').waitFor();
    expect(await first.locator('img').getAttribute('src')).toMatch(/^data:image\//);
    await first.click();
    await expect
      .poll(picked, WAIT)
      .toMatchObject([{ name, art: { type: expect.stringMatching(/^image\//) } }]);
    expect(await page.locator('#picked img').getAttribute('alt')).toBe(name);
    await page.locator('.row.seen').nth(3).waitFor();
    const card = (party: string): Promise<string> => page.locator(`[data-party=${party}]`).innerText();
    const facts = (party: string): Promise<string | null> =>
      page.locator(`.saw[data-of=${party}]`).textContent();
    const [relay, gateway, stickers, issuer] = await Promise.all(
      ['relay', 'gateway', 'stickers', 'issuer'].map(card),
    );
    expect([gateway, stickers].every((text) => text?.includes('“cat”'))).toBe(true);
    expect([relay, issuer].some((text) => text?.includes('cat'))).toBe(false);
    expect(
      [await facts('gateway'), await facts('stickers')].every((text) => text?.includes('"q":"cat"')),
    ).toBe(true);
    expect([await facts('relay'), await facts('issuer')].some((text) => text?.includes('cat'))).toBe(false);
    expect(relay).toContain('127.0.0.1');
    expect(await violations(page)).toEqual([]);
    expect(log.errors).toEqual([]);
    await page.context().close();
  });

  test('categories, favourites and recents work and survive a reload', async () => {
    const { page } = await open();
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    await picker.tabs.nth(4).click();
    expect(await picker.tabs.nth(4).getAttribute('aria-selected')).toBe('true');
    const picked = await selections(page);
    const cell = picker.cells.nth(2);
    const name = await cell.getAttribute('aria-label');
    await cell.hover();
    await picker.star.click();
    await cell.click();
    await expect.poll(async () => (await picked()).length, WAIT).toBe(1);
    for (const tab of [0, 1]) {
      await picker.tabs.nth(tab).click();
      expect(await picker.cells.count()).toBe(1);
      expect(await picker.cells.first().getAttribute('aria-label')).toBe(name);
    }
    await page.reload();
    await picker.cells.first().waitFor();
    expect(await picker.tabs.nth(0).getAttribute('aria-selected')).toBe('true');
    expect(await picker.cells.first().getAttribute('aria-label')).toBe(name);
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  test('in device mode every keystroke has results and nothing is sent', async () => {
    const { page, log } = await open();
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    expect(await picker.mode.getAttribute('aria-checked')).toBe('true');
    await picker.mode.click();
    expect(await picker.mode.getAttribute('aria-checked')).toBe('false');
    await page.getByText('Nothing you type leaves it.').waitFor();
    const before = log.requests.length;
    await picker.box.pressSequentially('happy cat'.slice(0, 5));
    await picker.heading.filter({ hasText: 'From this device' }).waitFor();
    await page.getByText('stayed on your device').waitFor();
    await picker.box.press('Enter');
    await page.clock.runFor(120_000);
    expect(log.requests.slice(before).filter((one) => !one.includes('/local/taps'))).toEqual([]);
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});

describe('page, by keyboard', () => {
  test('from the top of the page to a picked sticker and back', async () => {
    const { page } = await open();
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    const picked = await selections(page);
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Search stickers');
    await page.keyboard.type('heart'); // Enter would pick as soon as there are results
    await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
    const names = await picker.cells.evaluateAll((all) => all.map((cell) => cell.ariaLabel));
    const columns = Number(await page.getByRole('grid').getAttribute('aria-colcount'));
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe(names[0]);
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe(names[1]);
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe(names[columns + 1]);
    await page.keyboard.press('Home');
    expect(await focused(page)).toBe(names[columns]);
    await page.keyboard.press('Control+End');
    expect(await focused(page)).toBe(names.at(-1));
    await page.keyboard.press('Control+Home');
    expect(
      await picker.cells.evaluateAll(
        (all) => all.filter((cell) => (cell as HTMLElement).tabIndex === 0).length,
      ),
    ).toBe(1);
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('Enter');
    await expect.poll(picked, WAIT).toMatchObject([{ name: names[0] }]);
    await page.keyboard.press('Escape');
    expect(await focused(page)).toBe('Search stickers');
    expect(await picker.box.inputValue()).toBe('heart');
    await page.keyboard.press('Escape');
    expect(await picker.box.inputValue()).toBe('');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.type('x');
    expect(await picker.box.inputValue()).toBe('x');
    await page.keyboard.press('Escape');
    await picker.tabs.first().waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Home');
    expect(await focused(page)).toBe('Recently used');
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('Favourites');
    expect(await picker.cells.first().getAttribute('aria-label')).toBe(names[0]);
    await page.context().close();
  });
});
