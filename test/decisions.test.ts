import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = path.resolve(import.meta.dirname, '../specs/decisions');
const HEADING = /^# (\d+)\. \S.* {6}accepted 20\d\d-\d\d-\d\d(?:, [a-z ]+ 20\d\d-\d\d-\d\d)?$/;
const PARTS = ['Problem', 'Decision', 'Instead of', 'It costs', 'Undo it when'];

/** What is wrong with the shape of a decision. */
function faultsOf(file: string, text: string): string[] {
  const [heading = '', blank, ...body] = text.split('\n');
  const number = HEADING.exec(heading)?.[1];
  const parts = body.flatMap((line) => PARTS.find((part) => line.startsWith(`${part}. `)) ?? []);
  return [
    ...(number?.padStart(4, '0') === file.slice(0, 4) && blank === ''
      ? []
      : [`${file}: heading: ${heading}`]),
    ...(parts.join() === PARTS.join() ? [] : [`${file}: parts: ${parts.join(', ')}`]),
  ];
}

test('decisions: are numbered without gaps, and each has a dated heading and the five parts in their order', () => {
  const files = readdirSync(FOLDER).toSorted();
  expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, i) => i + 1));
  expect(files.flatMap((file) => faultsOf(file, readFileSync(path.join(FOLDER, file), 'utf8')))).toEqual([]);
});

test.each([
  ['no date', '# 7. A title', PARTS],
  ['the number of another file', '# 8. A title      accepted 2026-11-27', PARTS],
  ['no costs', '# 7. A title      accepted 2026-11-27', PARTS.toSpliced(3, 1)],
  ['parts in another order', '# 7. A title      accepted 2026-11-27', PARTS.toReversed()],
])('decisions: the check finds one with %s', (_name, heading, parts) => {
  const text = `${heading}\n\n${parts.map((part) => `${part}. Something.`).join('\n')}\n`;
  expect(faultsOf('0007-a-title.md', text)).toHaveLength(1);
});
