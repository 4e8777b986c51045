import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Field } from '@sotto/bhttp';
import { DATE_GRID, DATE_SKEW, formatDate, isInDateWindow, parseDate } from '../src/date.ts';
import { inner, padded, seal } from './support/client.ts';
import { testGateway, NOW, opened, outerCode, type TestGateway, type Sent } from './support/gateway.ts';

const LAST = 253_402_300_799; // 9999-12-31T23:59:59Z

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

describe('IMF-fixdate', () => {
  test('format and parse are inverse for any second from 1970 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST }), (at) => {
        expect(formatDate(at)).toMatch(IMF_FIXDATE);
        expect(parseDate(formatDate(at))).toBe(at);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [0, 'Thu, 01 Jan 1970 00:00:00 GMT'],
    [784_111_777, 'Sun, 06 Nov 1994 08:49:37 GMT'], // the example of RFC 9110 §5.6.7
    [951_782_400, 'Tue, 29 Feb 2000 00:00:00 GMT'],
    [LAST, 'Fri, 31 Dec 9999 23:59:59 GMT'],
  ])('%d is %s', (at, text) => {
    expect([formatDate(at), parseDate(text)]).toEqual([text, at]);
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
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 08:49:37.5 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT (comment)',
    'Sat, 01 Jan 10000 00:00:00 GMT',
  ])('parseDate refuses %j', (text) => {
    expect(parseDate(text)).toBeNull();
  });

  test('the Date window reaches a grid and a skew back, and a skew ahead', () => {
    expect(isInDateWindow(NOW - DATE_GRID - DATE_SKEW, NOW)).toBe(true);
    expect(isInDateWindow(NOW - DATE_GRID - DATE_SKEW - 1, NOW)).toBe(false);
    expect(isInDateWindow(NOW + DATE_SKEW, NOW)).toBe(true);
    expect(isInDateWindow(NOW + DATE_SKEW + 1, NOW)).toBe(false);
  });
});

async function withDates(h: TestGateway, ...dates: string[]): Promise<Sent> {
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
  ])(
    'a Date that is %s is refused with the gateway’s Date, before a token is spent',
    async (_name, dates) => {
      const h = await testGateway();
      const { inner: answer, code } = await withDates(h, ...dates);
      expect([answer.status, code]).toEqual([400, 'date']);
      expect(answer.fields).toContainEqual(['date', formatDate(NOW)]);
      expect(answer.fields).toContainEqual(['cache-control', 'no-store']);
      expect([h.calls.length, h.issuer.calls.length, h.issuer.rows.size]).toEqual([0, 0, 0]);
    },
  );

  test('the edges of the window are accepted', async () => {
    const h = await testGateway();
    for (const at of [NOW - 900, NOW, NOW + 300]) {
      expect((await withDates(h, formatDate(at))).inner.status).toBe(200);
    }
  });

  test('G14 a server two hours behind, or thirty days ahead, refuses by Date or by key, and spends nothing', async () => {
    const noon = NOW + 11 * 3600;
    const h = await testGateway({ now: noon });
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
