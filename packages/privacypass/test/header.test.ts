import { base64url } from '@sotto/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatAuthorization,
  formatChallenge,
  parseAuthorization,
  parseChallenges,
  PrivacyPassError,
} from '../src/index.ts';
import { bytes } from './laws.ts';
import { cpuMilliseconds } from '../../../test/support/cpu-time.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const TOKEN = Uint8Array.from({ length: 146 }, (_, i) => (i * 37 + 1) & 0xff); // padded by one
const BARE = base64url(TOKEN);
const PADDED = `${BARE}=`;

test.each([
  ['quoted and padded, as RFC 9577 prints it', `PrivateToken token="${PADDED}"`],
  ['quoted, without padding', `PrivateToken token="${BARE}"`],
  ['unquoted and padded, as privacypass-ts sends it', `PrivateToken token=${PADDED}`],
  ['unquoted, without padding', `PrivateToken token=${BARE}`],
  ['in another case', `privatetoken TOKEN="${PADDED}"`],
  ['with an unknown parameter after it', `PrivateToken token="${PADDED}", max-age="1"`],
  ['with an unknown parameter before it', `PrivateToken x=y, token=${BARE}`],
  ['with white space where RFC 9110 allows it', `PrivateToken  token = "${PADDED}" `],
])('S01 a header with one token, %s, parses', (_, value) => {
  expect(parseAuthorization(value)).toEqual(TOKEN);
});

const lastBit = `${BARE.slice(0, -1)}${String.fromCharCode(BARE.charCodeAt(BARE.length - 1) + 1)}`;

test.each([
  ['nothing', '', 'no-token'],
  ['another scheme', `Bearer ${BARE}`, 'no-token'],
  ['another scheme, with a parameter', `Basic token="${PADDED}"`, 'no-token'],
  ['no parameter', 'PrivateToken', 'bad-token'],
  ['a token68', `PrivateToken ${PADDED}`, 'bad-token'],
  ['another parameter', `PrivateToken tokens="${PADDED}"`, 'bad-token'],
  ['two tokens', `PrivateToken token="${PADDED}", token="${PADDED}"`, 'bad-header'],
  ['two tokens in two cases', `PrivateToken token="${PADDED}", Token="${PADDED}"`, 'bad-header'],
  ['two credentials', `PrivateToken token="${PADDED}", PrivateToken token="${PADDED}"`, 'bad-token'],
  ['a second scheme', `PrivateToken token="${PADDED}", Bearer abc`, 'bad-token'],
  ['the alphabet of plain base64', `PrivateToken token="+${BARE.slice(1)}"`, 'bad-token'],
  ['bits left over', `PrivateToken token="${lastBit}"`, 'bad-token'],
  ['padding twice', `PrivateToken token="${PADDED}="`, 'bad-token'],
  ['padding within', `PrivateToken token="${BARE.slice(0, 4)}=${BARE.slice(4)}"`, 'bad-token'],
  ['a space within', `PrivateToken token="${BARE.slice(0, 4)} ${BARE.slice(4)}"`, 'bad-token'],
  ['a backslash within', `PrivateToken token="${BARE.slice(0, 4)}\\\\${BARE.slice(4)}"`, 'bad-token'],
  ['a quote left open', `PrivateToken token="${PADDED}`, 'bad-header'],
  ['text after the quote', `PrivateToken token="${PADDED}"x`, 'bad-header'],
  ['no space after the scheme', `PrivateToken,token="${PADDED}"`, 'bad-header'],
  ['a line feed', `PrivateToken\n token="${PADDED}"`, 'bad-header'],
  ['more than a header may hold', `PrivateToken token="${'A'.repeat(70_000)}"`, 'bad-header'],
])('S01 S17 %s is refused', (_, value, expected) => {
  expect(() => parseAuthorization(value)).toThrow(code(expected));
});

test('S17 no text that differs from a token by one character parses to the same token', () => {
  const value = `PrivateToken token="${PADDED}"`;
  const forms = new Set<string>();
  for (let at = 'PrivateToken token="'.length; at < value.length - 1; at++) {
    for (const char of 'AQgw=+/-_"') {
      const twin = value.slice(0, at) + char + value.slice(at + 1);
      let parsed: Uint8Array | null = null;
      try {
        parsed = parseAuthorization(twin);
      } catch {
        continue;
      }
      if (base64url(parsed) === BARE) forms.add(twin);
    }
  }
  expect([...forms]).toEqual([value]);
});

test('formatAuthorization and parseAuthorization are inverse', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (token) => {
      const plain = Uint8Array.from(token);
      expect(parseAuthorization(formatAuthorization(plain))).toEqual(plain);
    }),
  );
});

test('formatChallenge and parseChallenges are inverse', () => {
  const challenge = fc.record({ challenge: bytes(40), tokenKey: bytes(33), maxAge: fc.nat() });
  fc.assert(
    fc.property(challenge, (c) => {
      expect(parseChallenges(formatChallenge(c))).toEqual([c]);
    }),
  );
});

const codeOf = (parse: () => unknown): string | null => {
  try {
    parse();
    return null;
  } catch (error) {
    return error instanceof PrivacyPassError ? error.code : 'a bug';
  }
};

test('arbitrary text parses or throws a PrivacyPassError', () => {
  const parts = ['PrivateToken', ' ', ',', 'token', '=', '"', 'AAAA', 'x', '\\', '\u00ff', 'challenge'];
  const near = fc.array(fc.constantFrom(...parts)).map((some) => some.join(''));
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      expect([null, 'no-token', 'bad-token', 'bad-header']).toContain(codeOf(() => parseAuthorization(text)));
      expect([null, 'bad-header']).toContain(codeOf(() => parseChallenges(text)));
    }),
  );
});

test.each([
  ['no challenge', 'PrivateToken token-key="AAAA"', 'bad-header'],
  ['a challenge that is not base64url', 'PrivateToken challenge="A"', 'bad-header'],
  ['a challenge twice', 'PrivateToken challenge="AAAA", challenge="AAAA"', 'bad-header'],
  ['a max-age that is not a number', 'PrivateToken challenge="AAAA", max-age="1s"', 'bad-header'],
])('a WWW-Authenticate field with %s is refused', (_, value, expected) => {
  expect(() => parseChallenges(value)).toThrow(code(expected));
});

test('parsing takes linear time', () => {
  const took = cpuMilliseconds(() => {
    for (const unit of ['a,', 'a ', 'PrivateToken ', 'a="\\"', ' ,\t', 'a=b,']) {
      expect([null, 'bad-header']).toContain(
        codeOf(() => parseChallenges(unit.repeat(65_000 / unit.length))),
      );
    }
  });
  expect(took).toBeLessThan(2000);
});
