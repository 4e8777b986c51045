import { expect, test } from 'vitest';
import { repetitions } from './support/repetition.ts';
import { product } from './support/sources.ts';

const LEAST = 11; // lines: code of more than ten equal lines could be shared

/** Pairs of files that repeat each other for a reason. */
const EXEMPT: Readonly<Record<string, string>> = {
  'services/gateway/src/store/schema.ts services/issuer/src/store/schema.ts':
    'two schemas of two databases; a shared one would tie the migrations of two services together',
  ...Object.fromEntries(
    [
      ['gateway/src/postgres/schema.ts', 'gateway/src/store/schema.ts'],
      ['issuer/src/postgres/schema.ts', 'issuer/src/store/schema.ts'],
      ['gateway/src/postgres/schema.ts', 'issuer/src/postgres/schema.ts'],
      ['gateway/src/store/schema.ts', 'issuer/src/postgres/schema.ts'],
      ['gateway/src/postgres/schema.ts', 'issuer/src/store/schema.ts'],
      ['gateway/src/postgres/migrations.ts', 'issuer/src/postgres/migrations.ts'],
    ].map((pair) => [
      pair.map((file) => `services/${file}`).join(' '),
      'tables in the words of SQLite and of PostgreSQL: drizzle has functions of its own for each',
    ]),
  ),
};

const filesOf = (first: string, second: string): string =>
  [first, second].map((place) => place.replace(/:[\d-]+$/, '')).join(' ');

const alike = repetitions(product, LEAST);

test('product code: no two runs of more than ten lines are alike, names and numbers aside', () => {
  const unexplained = alike.filter(({ first, second }) => !(filesOf(first, second) in EXEMPT));
  expect(unexplained.map(({ lines, first, second }) => `${lines} lines: ${first} and ${second}`)).toEqual([]);
});

test('product code: every exemption is of files that still repeat each other', () => {
  const pairs = new Set(alike.map(({ first, second }) => filesOf(first, second)));
  expect(Object.keys(EXEMPT).filter((pair) => !pairs.has(pair))).toEqual([]);
});

const block = (name: string, limit: number, between: string): string => `
export function ${name}(input: string): number {
  if (input.length > ${limit}) throw new Error('${name}');
  const parts = input.split(',').map((part) => part.trim());
  let total = 0;
  for (const part of parts) {
    const value = Number(part);
    if (Number.isNaN(value)) continue;
    ${between}
    total += value * ${limit};
    if (total > 2 ** 31) return total;
    console.log(part);
  }
  while (total > 7) total -= ${limit};
  return total - parts.length;
}
`;

test('repetition detector: finds a copy with other names and numbers and one line more', () => {
  const first = { path: 'a.ts', text: block('sum', 5, '') };
  const second = { path: 'b.ts', text: `const z = 1;\n${block('other', 9, 'if (value < 0) break;')}` };
  const [found] = repetitions([first, second], LEAST);
  expect(found).toMatchObject({
    first: expect.stringContaining('a.ts:2'),
    second: expect.stringContaining('b.ts:3'),
  });
  expect(repetitions([{ path: 'c.ts', text: first.text + second.text }], LEAST)).toHaveLength(1);
});

test('repetition detector: tables of literals and lists of imports are not code', () => {
  const table = Array.from({ length: 40 }, (_, i) => `  name${i}: 'text ${i}',`).join('\n');
  const imports = Array.from({ length: 20 }, (_, i) => `import { a${i} } from './a${i}.ts';`).join('\n');
  const text = `${imports}\nexport const words = {\n${table}\n};\n`;
  expect(
    repetitions(
      [
        { path: 'a.ts', text },
        { path: 'b.ts', text },
      ],
      LEAST,
    ),
  ).toEqual([]);
});
