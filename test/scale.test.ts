import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { budget, DEFAULTS } from './bench/scale-model.ts';

const SCRIPT = path.join(import.meta.dirname, 'bench/scale.ts');
const DOCUMENT = path.join(import.meta.dirname, '../specs/scale.md');

const run = (...args: string[]) => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });

/** Rows of the tables in a text, however a formatter aligned them. */
const rowsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s:|-]+$/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .join('|'),
    );

test('the tables of specs/scale.md are what the script prints', () => {
  const { stdout, status } = run();
  expect(status).toBe(0);
  expect(rowsOf(readFileSync(DOCUMENT, 'utf8'))).toEqual(rowsOf(stdout));
});

test('--json prints one object per line, and a flag changes the lines that depend on it', () => {
  const lines = (...args: string[]) =>
    run('--json', '--searches', '1e8', ...args)
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { searches: number; name: string; value: number });
  const shards = (list: ReturnType<typeof lines>) =>
    list.find(({ name }) => name.startsWith('ledger'))?.value;
  expect(new Set(lines().map(({ searches }) => searches))).toEqual(new Set([1e8]));
  expect(shards(lines())).toBe(7);
  expect(shards(lines('--object-rate', '1000'))).toBe(4);
});

test('the last line is one sentence, and --html writes a report with it, a plot and the tables', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-scale-'));
  const file = path.join(folder, 'scale.html');
  const last = run('--searches', '1e6,1e8', '--html', file).stdout.trim().split('\n').at(-1) ?? '';
  const html = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  expect(last).toMatch(
    /^scale: 100,000,000 searches a day need \d+ cores at the peak and cost \$[\d,]+ a month, \$[\d.]+ per million searches\.$/,
  );
  expect(html).toContain(`<p>${last}</p>`);
  expect(html).toMatch(/<svg[^]*operator: money[^]*<td>peak<\/td>/);
});

test('a value that is not a number ends it with status 2', () => {
  expect(run('--peak', 'many').status).toBe(2);
  expect(run('--searches', '0').status).toBe(2);
});

test('the bill of a month follows the price list', () => {
  // A million searches a day and nothing else: 30 million requests of 1 ms at the gateway, none at the issuer.
  const quiet = { ...DEFAULTS, 'batches-a-device': 1e-9, 'preflights-a-device': 1e-9, 'counter-rows': 0 };
  const lines = budget(1e6, {
    ...quiet,
    'isolate-rate': 1e9,
    'gateway-cpu': 1,
    'redeem-cpu': 1,
    'search-cpu': 1,
  });
  const money = (name: string) => lines.find((line) => line.name === `money: ${name}`)?.value ?? Number.NaN;
  expect(money('requests')).toBeCloseTo((30 - 10) * 0.3, 4);
  expect(money('CPU')).toBeCloseTo((90 - 30) * 0.02, 4);
  expect(money('objects')).toBeCloseTo((30 - 1) * 0.15, 4);
  expect(money('rows')).toBe(0);
});

test('the peak of issuing is four times its mean, and changes the cores of issuing only', () => {
  const line = (name: string, numbers = DEFAULTS) =>
    budget(1e8, numbers).find((one) => one.name === name)?.value ?? Number.NaN;
  expect(line('batches, peak')).toBeCloseTo((4 * 1e8 * 3) / 10 / 86_400, 6);
  const flat = { ...DEFAULTS, 'issuing-peak': 1 };
  const issuing = (1e7 * 3 * 12) / 1000 / 86_400; // cores, mean
  expect(line('cores, peak') - line('cores, peak', flat)).toBeCloseTo(3 * issuing, 6);
  expect(line('searches, peak')).toBe(line('searches, peak', flat));
});

test('the object of the keys gets few calls at every scale, and each object of counts no more than it can take', () => {
  const line = (name: string) => budget(1e9, DEFAULTS).find((one) => one.name === name)?.value ?? Number.NaN;
  expect(line('object of the keys, peak')).toBeLessThan(DEFAULTS['object-rate'] / 10);
  expect(line('object of counts, peak')).toBeLessThan(DEFAULTS['object-rate'] / 10);
});
