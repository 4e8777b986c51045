import sharp from 'sharp';
import { expect, test } from 'vitest';
import { flatArtwork } from '../catalogue/core.ts';
import { encode } from '../catalogue/fluent-3d/make.ts';
import { checkWebp } from '../catalogue/webp.ts';

const drawing = flatArtwork();

test.each(['🤝🏻', '🧑🏻‍❤️‍🧑🏿', '🚶🏽‍➡️'])(
  'recipe of 3D art: the flat drawing of %s gives the same small image every time',
  async (emoji) => {
    const source = Buffer.from(drawing(emoji, '')?.svg ?? '');
    const [one, two] = [await encode(source, 'a'), await encode(source, 'a')];
    expect(one).toEqual(two);
    expect(() => checkWebp(one, 'a')).not.toThrow();
    expect([one[24], one[27]]).toEqual([127, 127]); // RFC 9649 §2.7.1: 128 × 128 pixels
  },
);

test('recipe of 3D art: an image that is too large at quality 70 gets the next quality that fits', async () => {
  let state = 1;
  const noise = Uint8Array.from(
    { length: 128 * 128 * 3 },
    () => ((state = (state * 48_271) % 0x7fff_ffff) >> 16) & 255,
  );
  const source = await sharp(noise, { raw: { width: 128, height: 128, channels: 3 } })
    .png()
    .toBuffer();
  const atOnce = await sharp(source).webp({ quality: 70 }).toBuffer();
  expect(atOnce.length).toBeGreaterThan(6144);
  const image = await encode(source, 'noise');
  expect(image.length).toBeLessThanOrEqual(6144);
  expect(image.length).toBeGreaterThan(5000);
});
