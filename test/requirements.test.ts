import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { tableRows } from './support/markdown-table.ts';
import { requirementsPage, STANDARDS, type TestReference } from './support/standards.ts';
import { sources } from './support/sources.ts';
import { idsIn, testNames } from './support/test-names.ts';

const text = readFileSync(path.join(import.meta.dirname, '../specs/requirements.md'), 'utf8');
const names = testNames();

/** Ids of one letter, counted from 01. */
const series = (letter: string, last: number, without: readonly number[] = []): string[] =>
  Array.from({ length: last }, (_, i) => i + 1)
    .filter((n) => !without.includes(n))
    .map((n) => letter + `${n}`.padStart(2, '0'));

const FAULTS = [
  ...series('R', 31),
  ...series('G', 31),
  ...series('B', 36),
  ...series('I', 21),
  ...series('S', 24, [22]),
  ...series('Q', 10),
  ...series('K', 8),
  ...series('X', 8),
];
const FOUND = series('N', 81);
const CANARIES = series('P', 12);
const PRIVACY = Array.from({ length: 20 }, (_, i) => `L${i + 1}`);

/** Rows at the level of MUST, of SHOULD, and all others of each standard: no sentence is lost unnoticed. */
const COUNTS: Readonly<Record<string, readonly [must: number, should: number, other: number]>> = {
  'RFC 9458': [25, 7, 9],
  'RFC 9292': [4, 1, 9],
  'draft-ietf-ohai-chunked-ohttp-08': [6, 5, 4],
  'RFC 9540': [6, 4, 1],
  'RFC 9577': [13, 13, 12],
  'RFC 9578': [12, 9, 6],
  'draft-ietf-privacypass-batched-tokens-08': [15, 2, 4],
  'RFC 9497': [5, 3, 2],
};

const MUST = ['MUST', 'MUST NOT', 'SHALL', 'SHALL NOT'];
const SHOULD = ['SHOULD', 'SHOULD NOT', 'RECOMMENDED'];
const OTHER = ['MAY', 'derived'];

const rows = (section: string): string[][] => tableRows(text, section);

/** The claims of a row of a standard: files and parts of test names. */
const claims = (cell: string): { file: string; part: string }[] =>
  Array.from(cell.matchAll(/`([^`]+)` “([^”]+)”/g), ([, file = '', part = '']) => ({ file, part }));

const files = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, file = '']) => file);
const REASON = /^open: .{20,}$/;
const STANDARD_REASON = /^(not yet|not ours): .{15,}$/;

describe('faults', () => {
  const table = [...rows('Faults'), ...rows('Faults found by running the product'), ...rows('Canaries')];
  const byId = new Map(table.map(([id = '', what = '', where = '']) => [id, { what, where }]));

  test('every id has one row', () => {
    expect(FAULTS).toHaveLength(168);
    expect(table.map(([id]) => id)).toEqual([...FAULTS, ...FOUND, ...CANARIES]);
  });

  test.each([...FAULTS, ...FOUND, ...CANARIES])('%s: its test exists, or it has a reason', (id) => {
    const { what, where } = byId.get(id) ?? { what: '', where: '' };
    expect(what.length).toBeGreaterThan(7);
    const named = files(where);
    const without = named.filter((file) => !(names.get(file) ?? []).flatMap(idsIn).includes(id));
    expect(without).toEqual([]);
    expect(named.length > 0 || REASON.test(where)).toBe(true);
  });

  test('no test has an unknown id', () => {
    const borne = new Set([...names.values()].flat().flatMap(idsIn));
    expect([...borne].filter((id) => !byId.has(id))).toEqual([]);
  });
});

/** The entries of a cell that do not exist, or the cell if it neither names a test nor gives a reason. */
function missing(cell: string): string[] {
  const named = claims(cell);
  if (named.length === 0) return STANDARD_REASON.test(cell) ? [] : ['no test and no reason'];
  return unresolved(named.map(({ file, part }) => ({ file, name: part })));
}

/** The references that no test has. */
const unresolved = (references: readonly TestReference[]): string[] =>
  references
    .filter(({ file, name: part }) => !(names.get(file) ?? []).some((name) => name.includes(part)))
    .map(({ file, name }) => `${file} “${name}”`);

describe('privacy', () => {
  const table = rows('Privacy');

  test('every id has one row', () => {
    expect(table.map(([id]) => id)).toEqual(PRIVACY);
  });

  test.each(table)('%s, %s: its test exists, or it has a reason', (_id, _what, cell = '') => {
    expect(missing(cell)).toEqual([]);
  });

  test('no test and no source names an unknown id', () => {
    const named = [...names.values()].flat().flatMap((name) => name.match(/\bL\d+\b/g) ?? []);
    const meant = sources.flatMap(({ text: code }) =>
      Array.from(code.matchAll(/privacy ((?:L\d+(?:, )?)+)/g), ([, ids = '']) => ids.split(', ')).flat(),
    );
    expect(meant.length).toBeGreaterThan(10);
    expect([...named, ...meant].filter((id) => id !== '' && !PRIVACY.includes(id))).toEqual([]);
  });
});

describe('PostgreSQL', () => {
  const table = rows('PostgreSQL');

  test('every id has one row', () => {
    expect(table.map(([id]) => id)).toEqual(series('D', 23));
  });

  test.each(table)('%s, %s: its tests exist', (_id, _what, cell = '') => {
    expect(missing(cell)).toEqual([]);
  });
});

describe('standards', () => {
  test('specs/requirements.md is what `npm run requirements` writes from specs/standards', () => {
    expect(text).toBe(requirementsPage(text));
  });

  test('every id is used once, and names its document and section', () => {
    const ids = STANDARDS.flatMap((standard) => standard.rows.map(({ id, section }) => ({ id, section })));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
    for (const { id, section } of ids) expect(id).toMatch(new RegExp(`^[a-z0-9]+-${section}-\\d+$`));
  });
});

describe.each(STANDARDS)('$document', (standard) => {
  test('has its sentences, and levels of BCP 14', () => {
    const at = (levels: readonly string[]): number =>
      standard.rows.filter(({ level }) => levels.includes(level)).length;
    expect([at(MUST), at(SHOULD), at(OTHER)]).toEqual(COUNTS[standard.document]);
    expect(at([...MUST, ...SHOULD, ...OTHER])).toBe(standard.rows.length);
  });

  test.each(standard.rows)('$id ($level, $who): its test exists, or it has a reason', (row) => {
    const { tests = [], reason } = row;
    expect(tests.length > 0 || STANDARD_REASON.test(reason ?? '')).toBe(true);
    expect(tests.length > 0 && reason !== undefined).toBe(false);
    expect(unresolved(tests)).toEqual([]);
  });
});
