import { readFileSync } from 'node:fs';
import path from 'node:path';
import { COMMANDS } from '../../packages/cli/src/run.ts';
import manifest from '../../package.json' with { type: 'json' };
import { tableRows } from './markdown-table.ts';
import { testNames } from './test-names.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** An entry of a cell: a row of specs/requirements.md, a test, or a command. */
export type Claim =
  | { readonly kind: 'row'; readonly id: string }
  | { readonly kind: 'test'; readonly file: string; readonly name: string }
  | { readonly kind: 'command'; readonly command: string };

const ROW = /^(?:[A-Z]\d\d|L\d+)$/;
const RANGE = /^([A-Z])(\d\d)–\1(\d\d)$/;
const TEST = /^`([^`]+)` “([^”]+)”$/;
const COMMAND = /^`(npm run [\w:]+|npx sotto [a-z]+)`$/;

/** The claims of a cell, separated by commas. @throws {Error} for an entry that is none of the three forms */
export function claimsOf(cell: string): Claim[] {
  return cell.split(/, (?![^“]*”)/).flatMap((entry): Claim[] => {
    const [, letter, from, to] = RANGE.exec(entry) ?? [];
    if (letter !== undefined) {
      const [first, last] = [Number(from), Number(to)];
      return Array.from({ length: last - first + 1 }, (_, i) => ({
        kind: 'row',
        id: letter + `${first + i}`.padStart(2, '0'),
      }));
    }
    if (ROW.test(entry)) return [{ kind: 'row', id: entry }];
    const [, file, name] = TEST.exec(entry) ?? [];
    if (file !== undefined && name !== undefined) return [{ kind: 'test', file, name }];
    const [, command] = COMMAND.exec(entry) ?? [];
    if (command !== undefined) return [{ kind: 'command', command }];
    throw new Error(`“${entry}” is no row, no test and no command`);
  });
}

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** A row of the threat model with its evidence. */
export interface ClaimRow {
  readonly table: string;
  readonly attack: string;
  readonly shownBy: string;
}

/** The tables of specs/threat-model.md whose last column has the evidence of a row. */
export const CLAIM_TABLES = [
  'What is defended',
  'The public audit of a similar design (Trail of Bits, 2025)',
];

export const claimRows = (text = read('specs/threat-model.md')): ClaimRow[] =>
  CLAIM_TABLES.flatMap((table) =>
    tableRows(text, table).map((row) => ({ table, attack: row[0] ?? '', shownBy: row.at(-1) ?? '' })),
  );

/** The last cell of each row of specs/requirements.md that has an id of its own. */
function requirementCells(): ReadonlyMap<string, string> {
  const text = read('specs/requirements.md');
  const sections = ['Faults', 'Faults found by running the product', 'Canaries', 'Privacy'];
  return new Map(
    sections.flatMap((section) => tableRows(text, section).map((row) => [row[0] ?? '', row.at(-1) ?? ''])),
  );
}

/** Makes a function that says why a claim does not resolve, or null if it does. */
export function resolver(): (claim: Claim) => string | null {
  const names = testNames();
  const cells = requirementCells();
  return (claim) => {
    if (claim.kind === 'row') {
      const cell = cells.get(claim.id);
      if (cell === undefined) return `${claim.id} is no row of specs/requirements.md`;
      return cell.startsWith('`') ? null : `${claim.id} has no test`;
    }
    if (claim.kind === 'test') {
      const found = (names.get(claim.file) ?? []).some((name) => name.includes(claim.name));
      return found ? null : `no test of ${claim.file} has “${claim.name}” in its name`;
    }
    const [runner, , name = ''] = claim.command.split(' ');
    const there =
      runner === 'npx' ? COMMANDS.some((one) => one.name === name) : Object.hasOwn(manifest.scripts, name);
    return there ? null : `there is no command ${claim.command}`;
  };
}
