import { encodeStickerPage } from '@sotto/sticker-search/response';
import { utf8, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { found, sticker } from './support/gateway.ts';
import { World } from './support/world.ts';

test('search: gives the SVG of a response as text, and WebP in base64', async () => {
  const world = await World.create();
  const client = world.client({ restSeconds: 0 });
  const art = { type: 'image/webp', data: 'UklGRg==' };
  const stickers = [sticker('1', 'cat'), { ...sticker('2', 'dog'), art }];
  world.gateway.service = () => found({ results: stickers, next: 'n' });
  expect(await client.search('cat')).toEqual({ results: stickers, next: 'n' });
});

test('N10 a response to a search that is hostile or broken is refused as a whole', async () => {
  const world = await World.create();
  const client = world.client({ restSeconds: 0 });
  const one = sticker('1', 'cat');
  const whole = found({ results: [one], next: null });
  const page = (text: string, images: readonly Bytes[]) => ({
    status: 200,
    content: encodeStickerPage({ page: utf8(text), images }),
  });
  const art = { type: 'text/html', data: '<script>' };
  const responses: readonly ReturnType<typeof found>[] = [
    found({ results: [{ id: 7 }], next: null }),
    found({ results: [{ ...one, art }], next: null }),
    found({ results: [{ ...one, art: { type: 'image/svg+xml;x', data: '' } }], next: null }),
    { ...whole, content: whole.content.subarray(1) },
    { ...whole, content: whole.content.subarray(0, -1) },
    { ...whole, content: Uint8Array.of(...whole.content, 0) },
    page('{"results":[],"next":null}', [Uint8Array.of(1)]),
    page(JSON.stringify({ results: [one, one], next: null }), [Uint8Array.of(1)]),
    page(JSON.stringify({ results: [null], next: null }), [Uint8Array.of(1)]),
    page(JSON.stringify({ results: [one], next: null }), [Uint8Array.of(0xff, 0xfe)]), // not UTF-8
    page('{"results":{"length":0}}', []),
    page('{"results":[]', []),
    page('', []),
    { status: 200, content: utf8(JSON.stringify({ results: [], next: null })) },
    { status: 200, content: new Uint8Array() },
  ];
  for (const response of responses) {
    world.gateway.service = () => response;
    await expect(client.search('cat')).rejects.toMatchObject({ code: 'answer-unreadable' });
  }
});
