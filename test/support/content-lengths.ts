/** Values of Content-Length that are not one or more digits (RFC 9110 §8.6). */
export const MALFORMED_LENGTHS: readonly string[] = [
  '',
  'abc',
  '-1',
  '+5',
  '5, 5',
  '5,6',
  '5 5',
  '0x5',
  '1e3',
  '5.0',
  '٣',
];

/** Values of Content-Length, and the number of bytes that they declare. */
export const WELL_FORMED_LENGTHS: readonly (readonly [value: string, bytes: number])[] = [
  ['0', 0],
  ['5', 5],
  ['05', 5],
  ['000000000000000000005', 5],
  ['9007199254740993', 2 ** 53], // 2^53 + 1, which a number cannot hold
  ['9'.repeat(400), Number.POSITIVE_INFINITY],
];
