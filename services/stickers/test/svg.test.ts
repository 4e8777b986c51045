import { describe, expect, test } from 'vitest';
import { cleanSvg } from '../catalogue/svg.ts';
import { PackError } from '../catalogue/error.ts';

const svg = (inner: string, attributes = ''): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"${attributes}>${inner}</svg>`;
const SHAPE = '<path d="M0 0h8v8z"/>';

const HOSTILE: Readonly<Record<string, string>> = {
  'a script': svg('<script>alert(1)</script>'),
  'a script by prefix': svg(
    '<svg:script xmlns:svg="http://www.w3.org/2000/svg">alert(1)</svg:script><script/>',
  ),
  'a handler': svg('<path d="M0 0" onload="alert(1)"/>'),
  'a handler on the root': svg(SHAPE, ' onload="alert(1)"'),
  'a handler in capitals': svg('<path d="M0 0" ONCLICK="alert(1)"/>'),
  'a foreign object': svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
  'an external reference': svg('<use href="https://evil.example/a.svg#x"/>'),
  'an external reference by xlink': svg(
    '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="//evil.example/#x"/>',
  ),
  'a script address': svg('<use href="javascript:alert(1)"/>'),
  'an image': svg('<image href="https://evil.example/a.png"/>'),
  'an image as data': svg('<image href="data:image/png;base64,AAAA"/>'),
  'a data address in paint': svg('<path fill="url(data:image/svg+xml;base64,AAAA)" d="M0 0"/>'),
  'an external paint': svg('<path fill="url(https://evil.example/#x)" d="M0 0"/>'),
  'an external paint in quotes': svg(`<path fill="url('//evil.example/#x')" d="M0 0"/>`),
  'an external paint in style': svg('<path style="fill:url(//evil.example/#x)" d="M0 0"/>'),
  'an escaped address': svg('<path style="fill:u\\72l(//evil.example)" d="M0 0"/>'),
  'an import': svg('<style>@import "https://evil.example/a.css";</style>'),
  'a style sheet': svg('<style>path{fill:red}</style>'),
  'an expression': svg('<path style="width:expression(alert(1))" d="M0 0"/>'),
  'an animation': svg('<set attributeName="href" to="javascript:alert(1)"/>'),
  'an animated address': svg('<a><animate attributeName="href" values="javascript:alert(1)"/></a>'),
  'a link': svg('<a href="https://evil.example"><path d="M0 0"/></a>'),
  text: svg('<text>hello</text>'),
  'bare text': svg('hello'),
  'a document type': `<!DOCTYPE svg>${svg(SHAPE)}`,
  'an entity': `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('&x;')}`,
  'entities that expand': `<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${svg('&b;')}`,
  'an unknown entity': svg('<path d="&evil;"/>'),
  'a handler by entity': svg('<path &#111;nload="alert(1)"/>'),
  'a CDATA section': svg('<![CDATA[<script>alert(1)</script>]]>'),
  'a style sheet instruction': `<?xml-stylesheet href="https://evil.example/a.css"?>${svg(SHAPE)}`,
  'an instruction inside': svg('<?php echo 1 ?>'),
  'a comment that ends in a script': svg('<!-- --><script>alert(1)</script>'),
  'markup in an attribute': svg('<path d="M0 0&quot;/&gt;&lt;script&gt;"/>'),
  'an unclosed element': '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/>',
  'a wrong end': svg('<g></path></g>'),
  'two roots': `${svg(SHAPE)}${svg(SHAPE)}`,
  'no drawing': '<html><body/></html>',
  'another namespace': `<svg xmlns="http://www.w3.org/1999/xhtml">${SHAPE}</svg>`,
  'a reference to nothing': svg('<use href="#nothing"/>'),
  'an id twice': svg('<path id="a" d="M0 0"/><path id="a" d="M0 0"/>'),
  'an attribute twice': svg('<path d="M0 0" d="M1 1"/>'),
  'an unknown attribute': svg('<path d="M0 0" srcdoc="x"/>'),
  'endless nesting': svg('<g>'.repeat(100) + '</g>'.repeat(100)),
  nothing: '',
};

describe('refuses everything that could run, load or expand', () => {
  test.each(Object.entries(HOSTILE))('%s', (_, text) => {
    expect(() => cleanSvg(text, 'otter.svg')).toThrow(PackError);
  });
});

test('names the file and the line in the error', () => {
  const text = svg('\n\n<path d="M0 0"/>\n<script/>');
  expect(() => cleanSvg(text, 'packs/otter.svg')).toThrow('packs/otter.svg:4: <script> is not allowed');
});

test('keeps a drawing as it is, without the parts that draw nothing', () => {
  const text = `<?xml version="1.0"?><!-- made by hand -->${svg(
    '<title>t</title><g id="unused" class="x" data-name="y"><path style="fill:#fff;stroke-width:2" d="M0 0\n h8"/></g>',
    ' width="32" height="32" version="1.1"',
  )}`;
  expect(cleanSvg(text, 'a.svg')).toBe(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><g><path fill='#fff' stroke-width='2' d='M0 0 h8'/></g></svg>",
  );
});

test('ids that are used get a prefix of the drawing everywhere', () => {
  const text = svg(
    '<defs><path id="a b" d="M0 0"/><clipPath id="c"><use href="#p"/></clipPath><path id="p" d="M1 1"/></defs><path clip-path="url(#c)" d="M2 2"/>',
  );
  const clean = cleanSvg(text, 'a.svg');
  const prefix = /id='(s[0-9a-f]{6}-)/.exec(clean)?.[1] ?? 'none';
  expect(clean).toContain(`clip-path='url(#${prefix}0)'`);
  expect(clean).toContain(`href='#${prefix}1'`);
  expect(clean).not.toContain('a b');
  expect(cleanSvg(text.replace('M2 2', 'M3 3'), 'a.svg')).not.toContain(prefix);
});

test('the result does not change when it is cleaned again', () => {
  const once = cleanSvg(
    svg('<linearGradient id="g"><stop offset="0"/></linearGradient><path fill="url(#g)" d="M0 0"/>'),
    'a.svg',
  );
  expect(cleanSvg(once, 'a.svg').replaceAll(/s[0-9a-f]{6}-/g, '')).toBe(
    once.replaceAll(/s[0-9a-f]{6}-/g, ''),
  );
  expect(once).not.toMatch(/["\n]/);
});

/** Layers of `<use>`, each of which draws the layer below it ten times. */
const layers = (count: number): string =>
  svg(
    `<defs><path id="l0" d="M0 0"/>${Array.from(
      { length: count },
      (_, i) => `<g id="l${i + 1}">${`<use href="#l${i}"/>`.repeat(10)}</g>`,
    ).join('')}</defs><use href="#l${count}"/>`,
  );

describe('N10 art that takes long to draw', () => {
  const costly: Readonly<Record<string, string>> = {
    'nested references': layers(5),
    'a reference to itself': svg('<g id="a"><use href="#a"/></g>'),
    'two patterns that paint each other': svg(
      '<pattern id="p"><path fill="url(#q)" d="M0 0"/></pattern><pattern id="q"><path fill="url(#p)" d="M0 0"/></pattern><path fill="url(#p)" d="M0 0"/>',
    ),
    'masks in masks': svg(
      Array.from(
        { length: 40 },
        (_, i) => `<mask id="m${i}"><path mask="url(#m${i + 1})" d="M0 0"/></mask>`,
      ).join('') + '<mask id="m40"><path d="M0 0"/></mask><path mask="url(#m0)" d="M0 0"/>',
    ),
    'many filters': svg(
      `<filter id="f">${'<feGaussianBlur stdDeviation="3"/>'.repeat(30)}</filter><path filter="url(#f)" d="M0 0"/>`,
    ),
    'many dashes': svg('<path d="M0 0h9999" stroke="red" stroke-dasharray=".01"/>'.repeat(11)),
  };
  test.each(Object.entries(costly))('N10 cleanSvg: refuses %s', (_, text) => {
    expect(text.length).toBeLessThan(6000);
    expect(() => cleanSvg(text, 'otter.svg')).toThrow(/references are expanded|cycle, or nest/);
  });
  test('N10 cleanSvg: takes a few references', () => {
    expect(cleanSvg(layers(2), 'otter.svg')).toContain('<use');
  });
});
