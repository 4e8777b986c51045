import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PackError } from '../src/packs/error.ts';
import { artOf } from '../src/packs/image.ts';
import { readZip } from '../src/packs/zip.ts';
import { zip } from './zip-writer.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const all = () => true;

test('readZip: reads stored and deflated files, with the names that are wanted', async () => {
  const archive = zip({
    'a/cat.png': 'stored',
    'dog.png': { deflated: 'deflated '.repeat(99) },
    'read.me': 'no',
  });
  const files = await readZip(archive, (name) => name.endsWith('.png'));
  expect(files.map(({ name, bytes }) => [name, text(bytes)])).toEqual([
    ['a/cat.png', 'stored'],
    ['dog.png', 'deflated '.repeat(99)],
  ]);
});

test('readZip: refuses more than it may unpack, before it unpacks it', async () => {
  const claims = zip({ 'a.png': { deflated: 'x', size: 9 << 20 } });
  await expect(readZip(claims, all)).rejects.toMatchObject({ code: 'too-large' });
  const many = zip(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}.png`, 'x'])));
  await expect(readZip(many, all)).rejects.toMatchObject({ code: 'too-large' });
  const bomb = zip({ 'a.png': { raw: deflateRawSync(Buffer.alloc(64 << 20)), size: 10 } });
  await expect(readZip(bomb, all)).rejects.toMatchObject({ code: 'unreadable' });
});

test.each([
  ['nothing', new Uint8Array()],
  ['something else', new Uint8Array(100).fill(80)],
  ['an encrypted file', zip({ 'a.png': { raw: Buffer.from('x'), flags: 1 } })],
  ['an unknown compression', zip({ 'a.png': { raw: Buffer.from('x'), method: 99 } })],
  ['a broken stream', zip({ 'a.png': { raw: Buffer.from('not deflated'), method: 8, size: 50 } })],
])('readZip: refuses %s', async (_name, bytes) => {
  await expect(readZip(bytes, all)).rejects.toMatchObject({ code: 'unreadable' });
});

test('readZip: any bytes give files or a PackError', async () => {
  const archive = zip({ 'a.png': 'stored', 'b.png': { deflated: 'deflated' } });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(archive.length - 1),
      fc.nat(255),
      fc.nat(archive.length),
      async (at, value, cut) => {
        const changed = archive.slice();
        changed[at] = value;
        const outcome = await readZip(changed.subarray(0, cut), all).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof PackError).toBe(true);
      },
    ),
  );
});

test.each([
  ['a harmless SVG', '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>', 'image/svg+xml'],
  ['an SVG with a script', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', null],
  ['text', 'hello', null],
  [
    'a PNG that claims 100,000 pixels',
    `\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\x01\x86\xa0${'\0'.repeat(20)}`,
    null,
  ],
  ['a GIF of no size', `GIF89a\0\0\0\0${'\0'.repeat(40)}`, null],
  ['a JPEG that ends', '\xff\xd8\xff\xe0\0\x10JFIF', null],
])('artOf: %s', async (_name, content, type) => {
  const art = await artOf(Uint8Array.from(content, (char) => char.charCodeAt(0)));
  expect(art?.type ?? null).toBe(type);
});
