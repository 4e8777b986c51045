import sharp from 'sharp';

const SIDE = 8; // pixels

/** An animated WebP whose frames are squares of one colour each. */
export async function animatedWebp(
  colours: readonly (readonly [red: number, green: number, blue: number, alpha: number])[],
  options: { readonly lossless: boolean },
): Promise<Buffer> {
  const raw = { width: SIDE, height: SIDE * colours.length, channels: 4 as const, pageHeight: SIDE };
  const pixels = Buffer.from(
    colours.flatMap((colour) => Array.from({ length: SIDE * SIDE }, () => [...colour]).flat()),
  );
  return sharp(pixels, { raw })
    .webp({ ...options, delay: 100, loop: 0 })
    .toBuffer();
}
