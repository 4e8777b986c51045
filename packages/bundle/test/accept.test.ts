import { describe, expect, test } from 'vitest';
import { hex, type Bytes } from '@sotto/wire';
import { acceptBundle, compareBundles, type AcceptedBundle } from '@sotto/bundle';
import { bundleOf, DAY, NEXT_ROOT, NEXT_SECRET, NOW, ROOT, signed } from './support.ts';

const at = (now: number) => ({ roots: [ROOT], now });
const refusal = (code: string) => expect.objectContaining({ code });
const held = (bundle: Bytes, now = NOW): AcceptedBundle => acceptBundle(null, [bundle], at(now));

const today = signed(bundleOf());
const tomorrow = signed(bundleOf({}, 1));
const forged = signed(bundleOf({ suite: { kemId: 0x20, kdfId: 1, aeadId: 1 } }));

const agreeing = (k: number, cached: AcceptedBundle | null, ...candidates: Bytes[]) =>
  acceptBundle(cached, candidates, { ...at(NOW + DAY), agree: k });

describe('L7 one source', () => {
  test('the first bundle is kept until a newer one replaces it', () => {
    const first = held(today);
    const next = acceptBundle(first, [tomorrow], at(NOW + DAY));
    expect(next.signed).toEqual(tomorrow);
    expect(compareBundles(first, next)).toBe('newer');
  });

  test('a lower sequence is ignored and the cached bundle is kept', () => {
    const cached = held(tomorrow, NOW + DAY);
    const kept = acceptBundle(cached, [today], at(NOW + DAY));
    expect(kept).toBe(cached);
    expect(compareBundles(cached, held(today))).toBe('older');
  });

  test('the same bundle again changes nothing', () => {
    const cached = held(today);
    expect(acceptBundle(cached, [today], at(NOW + 5))).toBe(cached);
  });

  test('two digests for one sequence refuse both bundles, cached or not', () => {
    expect(() => acceptBundle(held(today), [forged], at(NOW))).toThrow(refusal('equivocation'));
    expect(() => acceptBundle(null, [today, forged], { ...at(NOW), agree: 1 })).toThrow(
      refusal('equivocation'),
    );
  });

  test('a candidate that does not verify leaves the cached bundle, or its error is thrown when there is none', () => {
    const bad = signed(bundleOf({}, 1), NEXT_SECRET);
    const cached = held(today);
    expect(acceptBundle(cached, [bad], at(NOW))).toBe(cached);
    expect(() => acceptBundle(null, [bad], at(NOW))).toThrow(refusal('bad-signature'));
    expect(() => acceptBundle(null, [today], at(NOW + 2 * DAY))).toThrow(refusal('expired'));
  });

  test('an expired cached bundle is not used', () => {
    expect(() => acceptBundle(held(today), [today], at(NOW + 2 * DAY))).toThrow(refusal('expired'));
    expect(() => acceptBundle(held(today), [], at(NOW + 2 * DAY))).toThrow(refusal('no-bundle'));
  });
});

describe('L7 mirrors, k of n', () => {
  test('a bundle that two of three sources show is accepted when two must agree', () => {
    expect(agreeing(2, null, tomorrow, today, tomorrow).signed).toEqual(tomorrow);
  });

  test('a bundle that one of three sources shows is refused, and the cached one is kept', () => {
    const broken = new Uint8Array(5);
    expect(() => agreeing(2, null, tomorrow, broken, broken)).toThrow(refusal('mirrors-disagree'));
    const cached = held(today);
    expect(agreeing(2, cached, tomorrow, broken, broken)).toBe(cached);
  });

  test('by default all sources must agree', () => {
    expect(() => acceptBundle(null, [today, tomorrow], at(NOW + DAY))).toThrow(refusal('mirrors-disagree'));
  });

  test('a bundle shown to one client only is detected with a mirror', () => {
    expect(() => agreeing(1, null, today, today, forged)).toThrow(refusal('equivocation'));
  });
});

describe('next root', () => {
  const announcing = signed(bundleOf({ nextRoot: NEXT_ROOT }));
  const byNext = signed(bundleOf({}, 1), NEXT_SECRET);

  test('a root announced under the current root may sign later bundles', () => {
    const cached = held(announcing);
    expect(cached.roots.map(hex)).toEqual([ROOT, NEXT_ROOT].map(hex));
    const next = acceptBundle(cached, [byNext], at(NOW + DAY));
    expect(next.signed).toEqual(byNext);
    const after = signed(bundleOf({}, 2), NEXT_SECRET);
    expect(acceptBundle(next, [after], at(NOW + 2 * DAY)).signed).toEqual(after);
  });

  test('a root that is not announced, or only by itself, may not sign', () => {
    expect(acceptBundle(held(today), [byNext], at(NOW + DAY)).signed).toEqual(today);
    const itself = signed(bundleOf({ nextRoot: NEXT_ROOT }, 1), NEXT_SECRET);
    expect(() => acceptBundle(null, [itself], at(NOW + DAY))).toThrow(refusal('bad-signature'));
  });
});
