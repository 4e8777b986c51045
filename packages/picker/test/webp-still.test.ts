import sharp from 'sharp';
import { expect, test } from 'vitest';
import { artUrl, stillUrl } from '../src/art.ts';
import { stillWebp } from '../src/webp-still.ts';
import { animatedWebp } from './animated-webp.ts';

const RED = [250, 10, 20, 255] as const;
const BLUE = [10, 20, 250, 255] as const;
const HALF = [250, 10, 20, 128] as const;

test.each([
  ['lossless', RED, true],
  ['lossy', RED, false],
  ['lossy with transparency', HALF, false],
  ['lossless with transparency', HALF, true],
] as const)('stillWebp of a %s animation: is only the first frame', async (_name, colour, lossless) => {
  const animated = await animatedWebp([colour, BLUE, RED], { lossless });
  expect((await sharp(animated).metadata()).pages).toBe(3);
  const still = Buffer.from(stillWebp(animated.toString('base64')) ?? '', 'base64');
  const { pages, width, height } = await sharp(still).metadata();
  expect([pages ?? 1, width, height]).toEqual([1, 8, 8]);
  const first = await sharp(animated, { page: 0 }).ensureAlpha().raw().toBuffer();
  expect(await sharp(still).ensureAlpha().raw().toBuffer()).toEqual(first);
});

test('stillUrl: is null for artwork that is not animated, and for artwork that is not shown', async () => {
  const animated = await animatedWebp([RED, BLUE], { lossless: true });
  const image = await sharp(animated, { page: 0 }).webp().toBuffer();
  const webp = (data: Buffer) => ({ type: 'image/webp', data: data.toString('base64') });
  expect(stillUrl(webp(animated))).toMatch(/^data:image\/webp;base64,UklGR/);
  expect(artUrl(webp(image))).not.toBeNull();
  expect(stillUrl(webp(image))).toBeNull();
  expect(stillUrl({ type: 'image/svg+xml', data: '<svg xmlns="http://www.w3.org/2000/svg"/>' })).toBeNull();
  expect(stillUrl({ type: 'image/webp', data: 'no base64!' })).toBeNull();
});

test('stillWebp: is null or an image, and never throws, for an animation that is cut off anywhere', async () => {
  const animated = await animatedWebp([RED, BLUE], { lossless: true });
  const frame = animated.indexOf('ANMF');
  const end = frame + 8 + animated.readUInt32LE(frame + 4);
  for (let length = 0; length < animated.length; length++) {
    const still = stillWebp(animated.subarray(0, length).toString('base64'));
    expect(still === null).toBe(length < end);
  }
});
