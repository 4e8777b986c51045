import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import fluent from '@iconify-json/fluent-emoji-flat/icons.json' with { type: 'json' };
import { artUrl } from '../src/art.ts';
import { isHarmlessSvg } from '../src/svg-guard.ts';
import { cpuMilliseconds } from '../../../test/support/cpu-time.ts';

const svg = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${body}</svg>`;

/** Each level refers ten times to the one before. */
function nested(levels: number, wrap: (level: string, inner: string) => string): string {
  const body = Array.from({ length: levels }, (_, i) => wrap(`a${i + 1}`, `a${i}`)).join('');
  return svg(`<g id="a0"><path d="M0 0h9v9z"/></g>${body}`);
}
const times = (text: string): string => text.repeat(10);

const BOMBS: Readonly<Record<string, string>> = {
  'nested <use>': nested(9, (id, inner) => `<g id="${id}">${times(`<use href="#${inner}"/>`)}</g>`),
  'nested <use> with xlink': nested(
    9,
    (id, inner) => `<g id="${id}">${times(`<use xlink:href="#${inner}"/>`)}</g>`,
  ),
  'nested patterns': nested(
    9,
    (id, inner) => `<pattern id="${id}">${times(`<path fill="url(#${inner})"/>`)}</pattern>`,
  ),
  'nested masks in a style': nested(
    9,
    (id, inner) => `<mask id="${id}">${times(`<path style="mask: url('#${inner}')"/>`)}</mask>`,
  ),
  'nested clip paths': nested(
    9,
    (id, inner) => `<clipPath id="${id}">${times(`<path clip-path="url( #${inner} )"/>`)}</clipPath>`,
  ),
  'a reference to itself': svg('<g id="a"><use href="#a"/></g>'),
  'a cycle of two': svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
  'many filters': svg(`<filter>${'<feGaussianBlur stdDeviation="99"/>'.repeat(40)}</filter>`),
  'many dashes': svg('<path stroke-dasharray=".001" d="M0 0h9999"/>'.repeat(20)),
  'deep groups': svg('<g>'.repeat(40) + '</g>'.repeat(40)),
  'too many elements': svg('<g/>'.repeat(5000)),
  'too much text': svg(`<path d="${'M0 0h9'.repeat(20_000)}"/>`),
  entities: `<!DOCTYPE svg [<!ENTITY a "aaaa">]>${svg('<path d="&a;"/>')}`,
  'an escaped reference': svg('<g id="a"><use href="&#35;a"/></g>'),
  'an escape in a style': svg('<g id="a" style="mask:\\75rl(#a)"/>'),
  'a filter function': svg('<g style="filter:blur(99px)"/>'),
  'an animation': svg('<animate attributeName="x" dur="1ms"/>'),
  turbulence: svg('<filter><feTurbulence numOctaves="9999"/></filter>'),
  'a style sheet': svg('<style>*{filter:blur(9px)}</style>'),
  'an image': svg('<image href="data:image/svg+xml,"/>'),
  'foreign content': svg('<foreignObject><p/></foreignObject>'),
  'a script': svg('<script>for(;;);</script>'),
  'a handler': svg('<g onload="for(;;);"/>'),
  'another document': svg('<use href="https://example.com/a.svg#a"/>'),
  'a prefixed element': svg('<svg:use xmlns:svg="http://www.w3.org/2000/svg" href="#a"/>'),
  'text that is not an SVG': 'hello',
  'an unclosed element': '<svg><g>',
  'a lone surrogate': svg('<title>\ud800</title>'),
};

test.each(Object.entries(BOMBS))('N10 artUrl: refuses SVG with %s', (_name, data) => {
  expect(artUrl({ type: 'image/svg+xml', data })).toBeNull();
});

test('N10 artUrl: accepts every artwork of Fluent, with its references, comments and prolog', () => {
  const bodies = Object.values(fluent.icons).map(({ body }) => svg(body));
  expect(bodies.length).toBeGreaterThan(1000);
  expect(bodies.filter((body) => !isHarmlessSvg(body))).toEqual([]);
  expect(isHarmlessSvg(`<?xml version="1.0"?><!-- > -->\n${svg('<use href="#a"/><g id="a"/>')}\n`)).toBe(
    true,
  );
});

test('N10 isHarmlessSvg: never throws and decides 64 KiB within a second', () => {
  const parts = fc.constantFrom(
    '<g ',
    '<g>',
    '</g>',
    'id="a"',
    '"',
    "'",
    '/>',
    '<!--',
    '-->',
    ' a="(((',
    'url(#a)',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 200 }), (soup) => {
      expect(typeof isHarmlessSvg(svg(soup.join('')))).toBe('boolean');
    }),
  );
  const took = cpuMilliseconds(() => {
    for (const part of ['<g ', '<!--', ' a="', '((((', 'url(#', '&amp;', '   '])
      isHarmlessSvg(svg(part.repeat(9000)));
  });
  expect(took).toBeLessThan(7000);
});

describe('WebP', () => {
  const webp = (chunk: string, body: readonly number[]): string => {
    const bytes = [
      ...Buffer.from(`RIFF\0\0\0\0WEBP${chunk}\0\0\0\0`, 'latin1'),
      ...body,
      ...Array.from({ length: 20 }, () => 0),
    ];
    return Buffer.from(bytes).toString('base64');
  };
  const lossy = (side: number) =>
    webp('VP8 ', [0, 0, 0, 0x9d, 1, 0x2a, side & 255, side >> 8, side & 255, side >> 8]);
  const lossless = (side: number) => {
    const bits = (side - 1) | ((side - 1) << 14);
    return webp('VP8L', [0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, (bits >> 24) & 255]);
  };
  const extended = (side: number) =>
    webp('VP8X', [0, 0, 0, 0, (side - 1) & 255, (side - 1) >> 8, 0, (side - 1) & 255, (side - 1) >> 8, 0]);
  const kinds = { lossy, lossless, extended };

  test.each(Object.entries(kinds))('N10 artUrl: bounds the canvas of a %s WebP', (_kind, make) => {
    expect(artUrl({ type: 'image/webp', data: make(512) })).toMatch(/^data:image\/webp;base64,/);
    expect(artUrl({ type: 'image/webp', data: make(1024) })).not.toBeNull();
    expect(artUrl({ type: 'image/webp', data: make(1025) })).toBeNull();
    expect(artUrl({ type: 'image/webp', data: make(16_383) })).toBeNull();
  });

  test.each([
    ['markup', '"><script>'],
    ['nothing', ''],
    ['a PNG', 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk'],
    ['an unknown chunk', webp('VP9 ', [])],
    ['more than a megabyte', lossy(8) + 'AAAA'.repeat(400_000)],
  ])('N10 artUrl: refuses WebP that is %s', (_name, data) => {
    expect(artUrl({ type: 'image/webp', data })).toBeNull();
  });
});

test('N10 picker README: names the limits of artwork', async () => {
  const readme = await readFile(path.resolve(import.meta.dirname, '../README.md'), 'utf8');
  for (const limit of ['64 KiB', '4,000 elements', '1 MiB', '1024 pixels']) expect(readme).toContain(limit);
});
