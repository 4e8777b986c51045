import { expect, test } from 'vitest';
import { artUrl } from '../src/art.ts';
import { canConsent, canRetry, problemOf, untilOf } from '../src/problems.ts';

test('artUrl: encodes a whole SVG document into a data URL', () => {
  const data = '<svg xmlns="http://www.w3.org/2000/svg"><path fill="#fff"/></svg>';
  const url = artUrl({ type: 'image/svg+xml', data });
  expect(url).toMatch(/^data:image\/svg\+xml,[^<>"#]*$/);
  expect(decodeURIComponent(url?.slice('data:image/svg+xml,'.length) ?? '')).toBe(data);
});

test.each(['text/html', 'image/png', '', 'image/svg+xml;charset=utf-8'])(
  'artUrl: refuses the media type "%s"',
  (type) => {
    expect(artUrl({ type, data: '<svg/>' })).toBeNull();
  },
);

test.each([
  [{ code: 'relay-unreachable' }, 'relay', 'retry'],
  [{ code: 'quota' }, 'quota', ''],
  [{ code: 'no-tokens' }, 'noTokens', 'consent'],
  [{ code: 'tokens-resting' }, 'resting', 'consent'],
  [{ code: 'equivocation' }, 'keys', ''],
  [{ code: 'config' }, 'absent', ''],
  [{ code: 'toString' }, 'other', 'retry'],
  [new TypeError('anything'), 'other', 'retry'],
  [null, 'other', 'retry'],
] as const)('problemOf: maps the error %o to %s and offers "%s"', (error, problem, offered) => {
  expect(problemOf(error)).toBe(problem);
  expect(canRetry(problem)).toBe(offered === 'retry');
  expect(canConsent(problem)).toBe(offered === 'consent');
});

test('untilOf: reads the time of an error and ignores anything that is not a number', () => {
  expect(untilOf({ code: 'quota', until: 86_400 })).toBe(86_400);
  expect([null, {}, { until: null }, { until: 'soon' }].map(untilOf)).toEqual([null, null, null, null]);
});
