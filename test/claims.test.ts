import { describe, expect, test } from 'vitest';
import { CLAIM_TABLES, claimRows, claimsOf, resolver } from './support/claims.ts';

const rows = claimRows();
const why = resolver();

describe('claims of the threat model', () => {
  test('both tables are read', () => {
    for (const table of CLAIM_TABLES)
      expect(rows.filter((row) => row.table === table).length).toBeGreaterThan(8);
  });

  test.each(rows)('$attack: what shows it resolves to tests, rows or commands', ({ shownBy }) => {
    const claims = claimsOf(shownBy);
    expect(claims.map(why).filter((reason) => reason !== null)).toEqual([]);
    // A command measures, a row or a test fails when the claim no longer holds.
    expect(claims.some(({ kind }) => kind !== 'command')).toBe(true);
  });

  test.each([
    ['R99', 'R99 is no row of specs/requirements.md'],
    ['R31', 'R31 has no test'],
    ['S22', 'S22 is no row of specs/requirements.md'],
    ['`test/nowhere.test.ts` “x”', 'no test of test/nowhere.test.ts has “x” in its name'],
    [
      '`test/bindings.test.ts` “the relay is bound to everything”',
      'no test of test/bindings.test.ts has “the relay is bound to everything” in its name',
    ],
    ['`npm run nothing`', 'there is no command npm run nothing'],
    ['`npx sotto nothing`', 'there is no command npx sotto nothing'],
  ])('%s does not resolve', (cell, reason) => {
    expect(claimsOf(cell).map(why)).toEqual([reason]);
  });

  test('a range is each of its rows, and free text is refused', () => {
    expect(claimsOf('S04–S06, L4').map((claim) => 'id' in claim && claim.id)).toEqual([
      'S04',
      'S05',
      'S06',
      'L4',
    ]);
    expect(() => claimsOf('S04, some tests')).toThrow('“some tests” is no row, no test and no command');
  });
});
