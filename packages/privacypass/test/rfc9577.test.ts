import { fromHex, fromUtf8, hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import v from '../../../specs/vectors/rfc9577.json' with { type: 'json' };
import {
  challengeDigest,
  encodeTokenChallenge,
  formatChallenge,
  parseChallenges,
  tokenAuthenticatorInput,
} from '../src/index.ts';

test.each(v.structures.filter((s) => s.issuerName !== undefined).map((s) => [s.about, s] as const))(
  'RFC 9577 A.1 %s',
  (_, s) => {
    const challenge = encodeTokenChallenge({
      tokenType: Number.parseInt(s.tokenType, 16),
      issuerName: fromUtf8(fromHex(s.issuerName ?? '')),
      redemptionContext: fromHex(s.redemptionContext ?? ''),
      originInfo: fromUtf8(fromHex(s.originInfo ?? '')),
    });
    const input = tokenAuthenticatorInput({
      tokenType: Number.parseInt(s.tokenType, 16),
      nonce: fromHex(s.nonce ?? ''),
      challengeDigest: challengeDigest(challenge),
      tokenKeyId: fromHex(s.tokenKeyId ?? ''),
    });
    expect(hex(input)).toBe(s.authenticatorInput);
  },
);

test('RFC 9577 A.1 the greased structure has an unassigned token type', () => {
  const greased = v.structures.filter((s) => s.issuerName === undefined);
  expect(greased.map((s) => s.tokenType)).toEqual(['0000']);
});

test.each(v.headers.map((h, i) => [i + 1, h] as const))('RFC 9577 A.2 WWW-Authenticate #%i', (_, h) => {
  const expected = h.challenges.map((c) => ({
    challenge: c.challenge,
    tokenKey: c.tokenKey ?? null,
    maxAge: 'maxAge' in c && c.maxAge !== undefined ? Number(c.maxAge) : null,
  }));
  const parsed = parseChallenges(h.wwwAuthenticate);
  const shown = parsed.map((c) => ({
    challenge: hex(c.challenge),
    tokenKey: c.tokenKey === null ? null : hex(c.tokenKey),
    maxAge: c.maxAge,
  }));
  expect(shown).toEqual(expected);
  for (const { challenge, tokenKey, maxAge } of parsed) {
    const again = formatChallenge({
      challenge,
      ...(tokenKey === null ? {} : { tokenKey }),
      ...(maxAge === null ? {} : { maxAge }),
    });
    expect(parseChallenges(again)).toEqual([{ challenge, tokenKey, maxAge }]);
  }
});
