import { expect, test } from 'vitest';
import { animatedWebp } from '../../packages/picker/test/animated-webp.ts';
import { usePage } from './embed-page.ts';
import { pickerOf, search, selections, WAIT } from './support.ts';

const open = usePage();

test('skin tone: without a device it is neither offered nor applied, and with one it is', async () => {
  const page = await open(
    `localStorage.setItem('sotto-stickers', '{"tone":3}'); globalThis.one = put({ mode: 'network' });
    one.client = client(() => ({ results: [{ ...sticker('w', 'wave'), emoji: '👋' }], next: null }));`,
  );
  const picker = pickerOf(page);
  const picked = await selections(page);
  await search(page, 'wave');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  expect(await picker.tone.isVisible()).toBe(false);
  await picker.cells.first().click();
  await expect.poll(picked, WAIT).toMatchObject([{ emoji: '👋' }]);
  await page.evaluate('one.device = device()');
  await picker.tone.waitFor();
  await search(page, 'wave!');
  await picker.heading.filter({ hasText: 'From the private network' }).waitFor();
  await picker.cells.first().click();
  await expect.poll(picked, WAIT).toMatchObject([{ emoji: '👋' }, { emoji: '👋🏽' }]);
  await page.context().close();
});

test('animated stickers: stand still while the person wants less motion, and move again after that', async () => {
  const colours = [
    [250, 10, 20, 255],
    [10, 20, 250, 255],
  ] as const;
  const data = (await animatedWebp(colours, { lossless: true })).toString('base64');
  const page = await open(
    `put().customStickers = [{ id: 'c1', name: 'blink', art: { type: 'image/webp', data: '${data}' } }];`,
    { reducedMotion: 'reduce' },
  );
  const picker = pickerOf(page);
  await search(page, 'blink');
  const image = picker.cells.first().locator('img');
  const shown = () =>
    image.evaluate(async (element) => {
      const img = element as HTMLImageElement;
      await img.decode();
      const bytes = await (await fetch(img.currentSrc)).arrayBuffer();
      const decoder = new ImageDecoder({ data: bytes, type: 'image/webp' });
      await decoder.tracks.ready;
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext('2d');
      context?.drawImage(img, 0, 0, 1, 1);
      const [red = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
      return { width: img.naturalWidth, frames: decoder.tracks.selectedTrack?.frameCount, red };
    });
  expect(await shown()).toEqual({ width: 8, frames: 1, red: 250 });
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await expect.poll(async () => (await shown()).frames, WAIT).toBe(2);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(async () => (await shown()).frames, WAIT).toBe(1);
  await page.context().close();
});
