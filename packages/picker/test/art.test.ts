import { expect, test } from 'vitest';
import { artUrl } from '../src/art.ts';
import { canRetry, problemOf } from '../src/problems.ts';

test('an SVG becomes an address that holds the whole of it, markup and all', () => {
  const data = '<svg xmlns="http://www.w3.org/2000/svg"><path fill="#fff"/></svg>';
  const url = artUrl({ type: 'image/svg+xml', data });
  expect(url).toMatch(/^data:image\/svg\+xml,[^<>"#]*$/);
  expect(decodeURIComponent(url?.slice('data:image/svg+xml,'.length) ?? '')).toBe(data);
});

test('WebP is taken as base64 alone', () => {
  expect(artUrl({ type: 'image/webp', data: 'UklGRg==' })).toBe('data:image/webp;base64,UklGRg==');
  expect(artUrl({ type: 'image/webp', data: '"><script>' })).toBeNull();
});

test.each(['text/html', 'image/png', '', 'image/svg+xml;charset=utf-8'])('%s is not shown', (type) => {
  expect(artUrl({ type, data: '<svg/>' })).toBeNull();
});

test.each([
  [{ code: 'relay-unreachable' }, 'relay', true],
  [{ code: 'quota' }, 'noTokens', true],
  [{ code: 'no-tokens' }, 'noTokens', true],
  [{ code: 'tokens-resting' }, 'resting', true],
  [{ code: 'equivocation' }, 'keys', false],
  [{ code: 'config' }, 'absent', false],
  [{ code: 'toString' }, 'other', true],
  [new TypeError('anything'), 'other', true],
  [null, 'other', true],
] as const)('the error %o is told as %s', (error, problem, retry) => {
  expect(problemOf(error)).toBe(problem);
  expect(canRetry(problem)).toBe(retry);
});
