import { expect, test } from 'vitest';
import { MALFORMED_LENGTHS, WELL_FORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { declaredLength, HttpError, parseContentLength } from '../src/index.ts';

const withLength = (value: string): Headers => ({ get: () => value }) as unknown as Headers;
const codeOf = (value: string, maxBytes: number): string => {
  try {
    return `${declaredLength(withLength(value), maxBytes)}`;
  } catch (error) {
    return (error as HttpError).code;
  }
};

test.each(WELL_FORMED_LENGTHS)(
  'Content-Length "%s" declares %d bytes, and is compared with the limit',
  (value, bytes) => {
    expect(parseContentLength(value)).toBe(bytes);
    expect(codeOf(value, bytes)).toBe(`${bytes}`);
    expect(codeOf(value, Math.min(bytes - 1, Number.MAX_SAFE_INTEGER))).toBe('content-too-large');
  },
);

test.each([...MALFORMED_LENGTHS, ' 5', '5 ', '5\n'])('Content-Length "%s" is malformed', (value) => {
  expect(parseContentLength(value)).toBeNull();
  expect(codeOf(value, 10)).toBe('bad-request');
});

test('a message without Content-Length declares no length', () => {
  expect(declaredLength(new Headers(), 0)).toBeUndefined();
});

test('the platform removes the whitespace around a Content-Length, and joins two of them to a malformed one', () => {
  expect(declaredLength(new Headers({ 'content-length': ' 5 ' }), 10)).toBe(5);
  const twice = new Headers([
    ['content-length', '5'],
    ['content-length', '5'],
  ]);
  expect(() => declaredLength(twice, 10)).toThrow(HttpError);
});
