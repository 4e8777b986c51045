import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { requests, usePage } from './embed-page.ts';
import { focused, pickerOf, search, selections, WAIT } from './support.ts';

const put = usePage();
const open = (script: string, path = ''): Promise<Page> => put(script, { path, clock: true });

const NETWORK = `const one = put({ mode: 'network' }); one.device = device(); one.client = client(pages);`;

describe('N39 search box with an input method', () => {
  /** Dispatches events on the input, as a browser does during a composition. */
  const dispatch = (page: Page, script: string): Promise<void> =>
    page.evaluate(`{
      const input = document.querySelector('sotto-stickers').shadowRoot.querySelector('input');
      const key = (type, name, more) => input.dispatchEvent(
        Object.defineProperty(new KeyboardEvent(type, { key: name, bubbles: true, composed: true, cancelable: true, ...more }),
          'keyCode', { value: more?.keyCode ?? 0 }));
      const compose = (type, data) => input.dispatchEvent(new CompositionEvent(type, { data, bubbles: true, composed: true }));
      const insert = (value, isComposing) => {
        input.value = value;
        input.dispatchEvent(new InputEvent('input', { data: value, isComposing, bubbles: true, composed: true }));
      };
      ${script}
    }`);

  test.each(['Enter', 'Escape', 'ArrowDown', 'Process', ' '])(
    'ignores %s during a composition, and as the key that ends one in Safari',
    async (name) => {
      const page = await open(NETWORK);
      await page.clock.pauseAt(Date.now() + 3_600_000); // otherwise a slow machine takes longer than a pause in typing
      await dispatch(
        page,
        `input.focus();
         compose('compositionstart', '');
         insert('ね', true);
         key('keydown', '${name}', { isComposing: true, keyCode: 229 });
         insert('ねこ', true);
         compose('compositionend', 'ねこ');
         key('keydown', '${name}', { keyCode: 229 });`,
      );
      expect(await requests(page)).toEqual([]);
      expect(await focused(page)).toBe('Search stickers');
      expect(await pickerOf(page).box.inputValue()).toBe('ねこ');
      await dispatch(page, `key('keydown', 'Enter', { keyCode: 13 })`);
      await expect.poll(() => requests(page), WAIT).toEqual(['ねこ']);
      await page.context().close();
    },
  );

  test('sends nothing while text is composed, and goes on when the composition changed nothing', async () => {
    const page = await open(NETWORK);
    await dispatch(page, `insert('ねこ', false); compose('compositionstart', ''); insert('ねこか', true);`);
    await page.clock.runFor(120_000);
    expect(await requests(page)).toEqual([]);
    await dispatch(page, `insert('ねこ', true); compose('compositionend', '');`);
    await page.clock.runFor(1000);
    await expect.poll(() => requests(page), WAIT).toEqual(['ねこ']);
    await page.context().close();
  });
});

test('N18 picker: no event with typed text reaches the page, and other keys do', async () => {
  const page = await open(`${NETWORK}
    globalThis.heard = [];
    const types = ['keydown', 'keypress', 'keyup', 'beforeinput', 'input', 'change', 'textInput', 'compositionstart',
      'compositionupdate', 'compositionend', 'copy', 'cut', 'paste', 'drop', 'select'];
    for (const type of types) document.addEventListener(type, (event) => heard.push([type, event.key ?? event.data ?? '']));`);
  const picker = pickerOf(page);
  await picker.box.click();
  await page.keyboard.type('secret é');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Control+v');
  await page.keyboard.insertText('ねこ');
  await page.keyboard.press('Shift+A');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type('more');
  await page.keyboard.press('F2');
  const heard = (await page.evaluate('heard')) as [string, string][];
  const typed = heard.filter(([type, text]) => !type.startsWith('key') || Array.from(text).length === 1);
  expect(typed.filter(([type, text]) => !(type.startsWith('key') && 'acv'.includes(text)))).toEqual([]);
  expect(heard).toContainEqual(['keydown', 'F2']);
  await page.context().close();
});

describe('N41 Enter in the search box', () => {
  test('picks the first result on the device', async () => {
    const page = await open(`put().device = device()`);
    const picked = await selections(page);
    const picker = pickerOf(page);
    await picker.box.fill('cat');
    await picker.heading.filter({ hasText: 'From this device' }).waitFor();
    await picker.box.press('Enter');
    await expect.poll(picked, WAIT).toMatchObject([{ id: 'device cat' }]);
    expect(await focused(page)).toBe('Search stickers');
    await page.context().close();
  });

  test('searches the network first, picks nothing while it waits, and then picks the first result', async () => {
    const page = await open(`${NETWORK}
      one.client = client(held(pages));`);
    const picked = await selections(page);
    const picker = pickerOf(page);
    await picker.box.fill('cat');
    await picker.cells.first().waitFor();
    await picker.box.press('Enter');
    await picker.box.press('Enter'); // impatient
    await page.keyboard.down('Enter'); // and held
    await page.keyboard.down('Enter');
    expect(await picked()).toEqual([]);
    await page.evaluate('release()');
    await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
    await page.keyboard.down('Enter'); // still held
    await page.keyboard.up('Enter');
    expect(await picked()).toEqual([]);
    await picker.box.press('Enter');
    await expect.poll(picked, WAIT).toMatchObject([{ id: 'cat 0' }]);
    expect(await requests(page)).toEqual(['cat']);
    await page.context().close();
  });

  test('focuses the grid first if the host requests it', async () => {
    const page = await open(`put({ enter: 'focus' }).device = device()`);
    const picked = await selections(page);
    const picker = pickerOf(page);
    await picker.box.fill('cat');
    await picker.heading.filter({ hasText: 'From this device' }).waitFor();
    await picker.box.press('Enter');
    expect(await focused(page)).toBe('device cat');
    expect(await picked()).toEqual([]);
    await page.keyboard.press('Enter');
    await expect.poll(picked, WAIT).toMatchObject([{ id: 'device cat' }]);
    await page.context().close();
  });
});

test('N40 picker: every public property that is set before the element is defined takes effect', async () => {
  const page = await open(
    `const one = document.createElement('sotto-stickers');
     document.querySelector('main').append(one);
     globalThis.saved = { 'sotto-stickers': '{"tone":3}' };
     Object.assign(one, {
       client: { search: async () => ({ results: [], next: null }) },
       device: { search: () => [], art: () => null },
       storage: { getItem: (key) => saved[key], setItem: (key, value) => { saved[key] = value; } },
       customStickers: [],
       personalPacks: { list: async () => [], add: async () => null, remove: async () => {} },
       locale: 'de',
       mode: 'network',
     });`,
    'bare',
  );
  await page.addScriptTag({ url: '/page.js', type: 'module' });
  await page.waitForFunction('globalThis.put');
  const state = await page.evaluate(() => {
    const one = document.querySelector('sotto-stickers');
    if (one === null) throw new Error('no picker');
    const accessors = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(one) as object));
    const settable = accessors.filter(([, accessor]) => accessor.set !== undefined).map(([name]) => name);
    return {
      settable: settable.toSorted(),
      own: Object.keys(one),
      set: settable.filter((name) => Reflect.get(one, name) !== null).toSorted(),
      mode: one.mode,
      label: one.shadowRoot?.querySelector('input')?.placeholder,
    };
  });
  expect(state).toEqual({
    settable: ['client', 'customStickers', 'device', 'locale', 'mode', 'personalPacks', 'storage'],
    own: [],
    set: ['client', 'customStickers', 'device', 'locale', 'mode', 'personalPacks', 'storage'],
    mode: 'network',
    label: 'Sticker suchen',
  });
  expect(await page.evaluate('JSON.parse(saved["sotto-stickers"])')).toMatchObject({
    tone: 3,
    mode: 'network',
  });
  await page.context().close();
});

test.each(['pt_BR', 'en_US', 'en-US-u-ca-gregory', 'C.UTF-8', 'x-klingon', '*', 'a-b-c-d'])(
  'N38 picker: works with the language "%s" on the page and on the element',
  async (locale) => {
    const page = await open(
      `document.documentElement.lang = '${locale}';
       const one = put({ locale: '${locale}', mode: 'network' });
       one.device = device();
       one.client = client((query) => {
         if (query === 'dog') throw failing('quota', { until: 1e300 });
         return { results: [sticker('a'), { id: 1 }, null, sticker('b')], next: null };
       });`,
    );
    const errors: string[] = [];
    page.context().on('weberror', (error) => errors.push(error.error().message));
    const picker = pickerOf(page);
    await picker.cells.first().waitFor();
    await search(page, 'cat');
    await expect.poll(() => picker.cells.count(), WAIT).toBe(2);
    await search(page, 'dog');
    await picker.notice.waitFor();
    const sent = (await page.evaluate('asked.map(({ options }) => options.locale ?? "")')) as string[];
    expect(sent.every((tag) => /^([a-z]{2,3})?$/.test(tag))).toBe(true);
    expect(errors).toEqual([]);
    await page.context().close();
  },
);

test('N10 picker: hostile artwork from the network shows as an emoji and does not block the page', async () => {
  const page = await open(`
    const nest = (n) => Array.from({ length: n }, (_, i) => '<g id="a' + (i + 1) + '">' + ('<use href="#a' + i + '"/>').repeat(10) + '</g>').join('');
    const bomb = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><g id="a0"><path d="M0 0h9v9z"/></g>' + nest(9) + '</defs><use href="#a9"/></svg>';
    const good = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>';
    const art = (data) => ({ art: { type: 'image/svg+xml', data } });
    put().client = client(() => ({ results: [{ ...sticker('bad'), ...art(bomb) }, { ...sticker('good'), ...art(good) }], next: null }));`);
  const picker = pickerOf(page);
  await search(page, 'cat');
  await picker.cells.nth(1).locator('img').waitFor();
  expect(await picker.cells.first().innerText()).toBe('🐱');
  await picker.cells.first().hover();
  await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
  ); // the page was blocked for longer than a test may take
  await page.context().close();
});
