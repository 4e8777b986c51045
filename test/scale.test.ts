import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import recorded from './bench/device-days.json' with { type: 'json' };
import { measureDeviceDays, type DeviceDays } from './bench/device-days.ts';
import { withTables } from './bench/scale-document.ts';
import { missedBounds, tokenRows } from './bench/scale-measured.ts';
import type { Kind } from './bench/virtual-suite.ts';
import { assumptionsOf, budget, valuesOf } from './bench/scale-model.ts';

const SEED = 16;
const DEFAULTS = valuesOf(assumptionsOf(recorded));

const SCRIPT = path.join(import.meta.dirname, 'bench/scale.ts');
const DOCUMENT = path.join(import.meta.dirname, '../specs/scale.md');

const run = (...args: string[]) =>
  spawnSync(process.execPath, [SCRIPT, '--recorded', ...args], { encoding: 'utf8' });

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

test('--write replaces each table of the document that has the same head, and nothing beside them', () => {
  const table = (...rows: string[]): string[] => ['| a | b |', '| --- | ---: |', ...rows];
  const other = ['| c |', '| --- |', '| kept |'];
  const text = (...rows: string[]): string =>
    ['# Title', '', ...table(...rows), '', 'Text.', '', ...other].join('\n');
  expect(withTables(text('| x | 1 |'), [table('| x | 2 |', '| y | 3 |')])).toBe(
    text('| x | 2 |', '| y | 3 |'),
  );
  expect(withTables(text('| x | 1 |'), [other])).toBe(text('| x | 1 |')); // at the end of the text
  expect(() => withTables(text(), [['| gone |']])).toThrow('no table begins with | gone |');
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
  // A million searches a day and nothing else: 30 million requests of 3 ms at the gateway, of which the relay has one.
  const nothing = {
    'refills-a-device': 0,
    'issuances-a-device': 0,
    'preflights-a-device': 0,
    'counter-rows': 0,
  };
  const lines = budget(1e6, {
    ...DEFAULTS,
    ...nothing,
    'isolate-rate': 1e9,
    'relay-cpu': 1,
    'search-cpu': 4,
    'search-rows': 1,
  });
  const money = (name: string) => lines.find((line) => line.name === `money: ${name}`)?.value ?? Number.NaN;
  expect(money('requests')).toBeCloseTo((30 - 10) * 0.3, 4);
  expect(money('CPU')).toBeCloseTo((90 - 30) * 0.02, 4);
  expect(money('objects')).toBeCloseTo((30 - 1) * 0.15, 4);
  expect(money('rows')).toBe(0);
});

test('tokens add what refills and issuances of all devices take, and their peak is that of searches', () => {
  const line = (name: string, more: object = {}) =>
    budget(1e8, { ...DEFAULTS, 'searches-a-device': 1, 'relay-cpu': 1, ...more }).find(
      (one) => one.name === name,
    )?.value ?? Number.NaN;
  const rates = { 'refills-a-device': 0.5, 'issuances-a-device': 0.1 };
  expect(line('refills and issuances, peak', rates)).toBeCloseTo((3 * 1e8 * 0.6) / 86_400, 6);
  const costs = { 'refill-cpu': 11, 'issuance-cpu': 20, 'small-cpu': 0 };
  expect(line('of it, tokens', { ...rates, ...costs })).toBeCloseTo(30 * 100 * (0.5 * 10 + 0.1 * 20), 6);
});

test('the recorded measurement is within its bounds, and one that is not is reported', () => {
  expect(missedBounds(recorded)).toEqual([]);
  const { vouchers, direct } = recorded;
  const days = (of: DeviceDays, deviceDays: number): DeviceDays => ({ ...of, deviceDays });
  const thrice = { ...recorded, vouchers: days(vouchers, vouchers.deviceDays / 3) };
  expect(missedBounds(thrice)).toHaveLength(3);
  const easy = { ...recorded, vouchers: days(vouchers, 2 * vouchers.deviceDays) };
  expect(missedBounds(easy)).toEqual([]);
  const fewer = { ...easy, direct: days(direct, 2 * direct.deviceDays) };
  expect(missedBounds(fewer)).toEqual([
    expect.stringMatching(/without vouchers: [0-9.]+, must be at least 50/),
  ]);
});

// `npm run scale` measures many, with and without vouchers.
test('a device lives for three days with vouchers: a voucher, a quota and a search each write one row', async () => {
  const { spent, ...days } = await measureDeviceDays('vouchers', {
    devices: 1,
    days: 3,
    warmUpDays: 0,
    seed: SEED,
  });
  const requests = (kind: Kind): number => spent[kind]?.requests ?? 0;
  expect(days.deviceDays).toBe(3);
  expect(requests('refill')).toBeGreaterThan(0);
  expect(days.served).toBeGreaterThan(0);
  expect(requests('batch')).toBe(0);
  expect(requests('search')).toBe(days.served);
  expect(spent.search?.rows['issuer SpentShard']).toBe(days.served);
  const redeemed = requests('refill') + requests('issuance');
  expect(tokenRows({ spent, ...days }) * days.deviceDays).toBeCloseTo(redeemed, 6);
  for (const { cpu } of Object.values(spent)) expect(cpu).toBeGreaterThan(0);
}, 120_000);

test('the object of the keys gets few calls at every scale, and each object of counts no more than it can take', () => {
  const line = (name: string) => budget(1e9, DEFAULTS).find((one) => one.name === name)?.value ?? Number.NaN;
  expect(line('object of the keys, peak')).toBeLessThan(DEFAULTS['object-rate'] / 10);
  expect(line('object of counts, peak')).toBeLessThan(DEFAULTS['object-rate'] / 10);
});
