import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { concat, EMPTY, hex, utf8, type Bytes } from '@sotto/wire';
import {
  bundleSigningInput,
  checkRoot,
  encodeBundle,
  encodeSignedBundle,
  verifySignedBundle,
} from '@sotto/bundle';
import {
  bundleOf,
  DAY,
  directory,
  keyConfigs,
  NEXT_SECRET,
  NOW,
  ROOT,
  ROOT_SECRET,
  signed,
} from './support.ts';

const at = (now: number) => ({ roots: [ROOT], now });
const refusal = (code: string) => expect.objectContaining({ code });

const X_WING = 0x647a;
const opened = (changes: Parameters<typeof bundleOf>[0]) => () =>
  verifySignedBundle(signed(bundleOf(changes)), at(NOW));

describe('signature', () => {
  test('a bundle signed by the root opens', () => {
    expect(verifySignedBundle(signed(bundleOf()), at(NOW))).toEqual(bundleOf());
  });

  test('covers a context and the encoded bundle', () => {
    const encoded = encodeBundle(bundleOf());
    expect(hex(bundleSigningInput(encoded))).toBe(hex(concat(utf8('sotto key bundle v1\0'), encoded)));
  });

  test('over the bundle without the context is refused', () => {
    const encoded = encodeBundle(bundleOf());
    const bare = encodeSignedBundle({ bundle: encoded, signature: ed25519.sign(encoded, ROOT_SECRET) });
    expect(() => verifySignedBundle(bare, at(NOW))).toThrow(refusal('bad-signature'));
  });

  test('of a wrong length is refused when encoding', () => {
    for (const length of [0, 63, 65]) {
      const signature = new Uint8Array(length);
      expect(() => encodeSignedBundle({ bundle: EMPTY, signature })).toThrow(refusal('bad-signature'));
    }
  });

  test('by another root is refused, also when no root is pinned', () => {
    const other = signed(bundleOf(), NEXT_SECRET);
    expect(() => verifySignedBundle(other, at(NOW))).toThrow(refusal('bad-signature'));
    expect(() => verifySignedBundle(other, { roots: [], now: NOW })).toThrow(refusal('bad-signature'));
  });

  test('a bundle with any flipped bit is refused', () => {
    const whole = signed(bundleOf());
    for (let i = 0; i < whole.length; i += 7) {
      const flipped: Bytes = whole.slice();
      flipped[i] = (flipped[i] ?? 0) ^ 1;
      expect(() => verifySignedBundle(flipped, at(NOW))).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(bad-signature|truncated|trailing)$/) }),
      );
    }
  });

  test('checkRoot refuses a root of small order or of a wrong length', () => {
    checkRoot(ROOT);
    const identity = Uint8Array.of(1, ...new Uint8Array(31));
    for (const root of [identity, new Uint8Array(32), ROOT.subarray(1), new Uint8Array(32).fill(255)]) {
      expect(() => checkRoot(root)).toThrow(refusal('bad-root'));
    }
  });
});

describe('validity period', () => {
  test('a bundle is valid from the start of its epoch for exactly two epochs', () => {
    const bundle = signed(bundleOf());
    verifySignedBundle(bundle, at(NOW + 2 * DAY - 1));
    expect(() => verifySignedBundle(bundle, at(NOW + 2 * DAY))).toThrow(refusal('expired'));
    verifySignedBundle(bundle, at(NOW - 300));
    expect(() => verifySignedBundle(bundle, at(NOW - 301))).toThrow(refusal('not-yet'));
  });

  test('with epochs of two seconds the tolerance is one second', () => {
    const tiny = bundleOf({ sequence: 50, notBefore: 100, notAfter: 104 });
    const options = { roots: [ROOT], epochSeconds: 2 };
    expect(verifySignedBundle(signed(tiny), { ...options, now: 99 })).toEqual(tiny);
    expect(() => verifySignedBundle(signed(tiny), { ...options, now: 98 })).toThrow(refusal('not-yet'));
  });

  test('a notAfter that is unaligned or too late is refused', () => {
    for (const notAfter of [NOW + 2 * DAY + 1, NOW + DAY, NOW + 3 * DAY, NOW + DAY * 1.5]) {
      const bundle = signed(bundleOf({ notAfter }));
      expect(() => verifySignedBundle(bundle, at(NOW))).toThrow(refusal('unaligned-expiry'));
    }
    const shifted = signed(bundleOf({ notBefore: NOW + 1, notAfter: NOW + 1 + 2 * DAY }));
    expect(() => verifySignedBundle(shifted, at(NOW + 1))).toThrow(refusal('unaligned-expiry'));
  });

  test('a sequence that is not the index of its epoch is refused', () => {
    const bundle = signed(bundleOf({ sequence: NOW / DAY + 1 }));
    expect(() => verifySignedBundle(bundle, at(NOW))).toThrow(refusal('bad-sequence'));
  });
});

describe('key counts', () => {
  test('two keys of one KEM are accepted, three are refused', () => {
    expect(opened({ keyConfigs: keyConfigs([0, X_WING], [1, X_WING], [0, 0x20]) })).not.toThrow();
    expect(opened({ keyConfigs: keyConfigs([0, X_WING], [1, X_WING], [2, X_WING]) })).toThrow(
      refusal('too-many-keys'),
    );
  });

  test('a repeated pair of key id and KEM is refused', () => {
    expect(opened({ keyConfigs: keyConfigs([0, X_WING], [0, X_WING]) })).toThrow(refusal('malformed-keys'));
  });

  test('a suite without a key of its KEM is refused', () => {
    expect(opened({ keyConfigs: keyConfigs([0, 0x20]) })).toThrow(refusal('malformed-keys'));
  });

  test('two keys of one service and type are accepted, three are refused; each service and type counts separately', () => {
    const a5 = { type: 5, service: 'a' };
    expect(
      opened({ directory: directory(a5, a5, { type: 1, service: 'a' }, { type: 5, service: 'b' }) }),
    ).not.toThrow();
    expect(opened({ directory: directory(a5, a5, a5) })).toThrow(refusal('too-many-keys'));
    expect(opened({ directory: directory({ type: 5 }, { type: 5 }, { type: 5 }) })).toThrow(
      refusal('too-many-keys'),
    );
  });

  test.each(['', 'null', '[]', '{}', '{"token-keys":{}}', '{"token-keys":[1]}', '{"token-keys":[{}]}'])(
    'a directory that is %j is refused',
    (text) => {
      expect(opened({ directory: utf8(text) })).toThrow(refusal('malformed-keys'));
    },
  );

  test('a truncated key collection is refused', () => {
    const whole = keyConfigs([0, X_WING]);
    expect(opened({ keyConfigs: whole.subarray(0, -1) })).toThrow(refusal('truncated'));
  });
});
