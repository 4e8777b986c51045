import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Field } from '@sotto/bhttp';
import { DATE_GRID, DATE_SKEW, formatDate, isInDateWindow, parseDate } from '../src/date.ts';
import { inner, padded, seal } from './support/client.ts';
import { house, NOW, opened, outerCode, type House, type Sent } from './support/house.ts';

const LAST = 253_402_300_799; // 9999-12-31T23:59:59Z

describe('an IMF-fixdate', () => {
  test('is what the platform prints, and reads back, for every second of 8,000 years', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST }), (at) => {
        expect(formatDate(at)).toBe(new Date(at * 1000).toUTCString());
        expect(parseDate(formatDate(at))).toBe(at);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '',
    'garbage',
    'Sun, 06 Nov 1994 08:49:37 GMT ',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Mon, 06 Nov 1994 08:49:37 GMT', // it was a Sunday
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT', // obsolete
    'Sun Nov  6 08:49:37 1994', // obsolete
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Wed, 30 Feb 2000 00:00:00 GMT',
    'Wed, 31 Dec 1969 23:59:59 GMT',
    '784111777',
  ])('%j is none', (text) => {
    expect(parseDate(text)).toBeNull();
  });

  test('the window is a grid and a skew behind, a skew ahead', () => {
    expect(isInDateWindow(NOW - DATE_GRID - DATE_SKEW, NOW)).toBe(true);
    expect(isInDateWindow(NOW - DATE_GRID - DATE_SKEW - 1, NOW)).toBe(false);
    expect(isInDateWindow(NOW + DATE_SKEW, NOW)).toBe(true);
    expect(isInDateWindow(NOW + DATE_SKEW + 1, NOW)).toBe(false);
  });
});

async function withDates(h: House, ...dates: string[]): Promise<Sent> {
  const [authorization] = await h.fields();
  const fields = dates.map((date): Field => ['date', date]);
  return h.search({ fields: authorization === undefined ? fields : [authorization, ...fields] });
}

describe('G13', () => {
  test.each([
    ['missing', []],
    ['past grid and skew', [formatDate(NOW - 901)]],
    ['past skew ahead', [formatDate(NOW + 301)]],
    ['garbage', ['yesterday']],
    ['twice', [formatDate(NOW), formatDate(NOW)]],
  ])('a Date that is %s is told with ours, before a token is spent', async (_name, dates) => {
    const h = await house();
    const { inner: answer, code } = await withDates(h, ...dates);
    expect([answer.status, code]).toEqual([400, 'date']);
    expect(answer.fields).toContainEqual(['date', formatDate(NOW)]);
    expect(answer.fields).toContainEqual(['cache-control', 'no-store']);
    expect([h.calls.length, h.issuer.calls.length, h.issuer.rows.size]).toEqual([0, 0, 0]);
  });

  test('the edges of the window are in it', async () => {
    const h = await house();
    for (const at of [NOW - 900, NOW, NOW + 300]) {
      expect((await withDates(h, formatDate(at))).inner.status).toBe(200);
    }
  });

  test('G14 a server two hours behind, or thirty days ahead, refuses by Date or by key, and spends nothing', async () => {
    const noon = NOW + 11 * 3600;
    const h = await house({ now: noon });
    const [authorization, date] = await h.fields();
    const fields = [authorization, date].filter((field) => field !== undefined);
    const sealed = await seal(await h.sealer(), padded(inner({ fields })));

    h.now = noon - 7200;
    const behind = await opened(sealed, await h.post(sealed.body));
    expect([behind.inner.status, behind.code]).toEqual([400, 'date']);
    h.now = noon + 30 * 86_400;
    const ahead = await h.post(sealed.body);
    expect([ahead.status, await outerCode(ahead)]).toEqual([400, 'ohttp-key']);
    h.now = noon;
    const back = await opened(sealed, await h.post(sealed.body));
    expect(back.inner.status).toBe(200); // no key was withdrawn meanwhile
    expect(h.issuer.rows.size).toBe(1);
  });
});
