import { existsSync } from 'node:fs';
import path from 'node:path';
import { VARIABLES, type Variable } from '@sotto/service/variables';
import { describe, expect, test } from 'vitest';
import { faultsOf, HEAD, allowedFailures, type DrillRow } from './operators/support/drill.ts';
import { DRILL_RUNS, hostOf, pageOf } from './operators/support/drills.ts';
import { OTHER_SECRETS, SECRETS } from './operators/support/secrets.ts';
import { commandsOf, documentText, platformBlocks } from './support/documents.ts';

const root = path.resolve(import.meta.dirname, '..');

/** The text of a section of a how-to page. */
const sectionText = (page: string, section = ''): string =>
  documentText(`docs/how-to/${page}`)
    .split(/^(?=## )/m)
    .find((part) => part.startsWith(`## ${section}`)) ?? '';

describe('secrets', () => {
  test('every secret that a service declares has a drill, or a reason why it has none', () => {
    const declared = Object.entries(VARIABLES as Readonly<Record<string, Variable>>)
      .filter(([, { secret }]) => secret === true)
      .flatMap(([name, { services }]) => services.map((service) => `${service} ${name}`));
    expect(Object.keys(SECRETS).toSorted()).toEqual(declared.toSorted());
    expect(declared.length).toBeGreaterThan(20);
  });

  const plans = Object.entries({ ...SECRETS, ...OTHER_SECRETS });

  test.each(plans.flatMap(([name, plan]) => ('drill' in plan ? [[name, plan.drill] as const] : [])))(
    '%s: the page of its drill names it',
    (name, drill) => {
      const { page, section } = pageOf(drill);
      const variable = /[A-Z_]{5,}$/.exec(name)?.[0].replace(/TOKENS$/, 'TOKEN');
      expect(sectionText(page, section)).toContain(
        variable ?? name.replace(/^the (key of a |)/, '').split(' ')[0],
      );
    },
  );

  test.each(plans.flatMap(([name, plan]) => ('drill' in plan ? [] : [[name, plan.shownBy] as const])))(
    '%s: what its reason refers to is there',
    (_name, file) => {
      expect(existsSync(path.join(root, file))).toBe(true);
    },
  );
});

const blocksOf = ({ drill, platform }: (typeof DRILL_RUNS)[number]) => {
  const { page, section } = pageOf(drill);
  const blocks = platformBlocks(`docs/how-to/${page}`, section, hostOf(platform));
  return blocks.filter(({ language }) => language === 'console').flatMap((block) => commandsOf(block));
};

/** The units that a page stops or restarts. */
const restartsOf = (run: (typeof DRILL_RUNS)[number]): number =>
  blocksOf(run)
    .flatMap(({ text }) =>
      Array.from(text.matchAll(/^systemctl (?:re)?st(?:art|op) (.+)$/gm), ([, units = '']) =>
        units.split(' '),
      ),
    )
    .flat().length;

describe('docs/how-to/drills.md', () => {
  const [head = '', , ...lines] = documentText('docs/how-to/drills.md')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const cells = (line: string): string[] =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());

  test('its table has the drills of both platforms, with as many commands as their pages', () => {
    expect(cells(head)).toEqual(HEAD);
    expect(lines.map((line) => cells(line).slice(0, 3))).toEqual(
      DRILL_RUNS.map((run) => [run.drill, run.platform, `${blocksOf(run).length}`]),
    );
  });

  test('its table has no more failed searches than allowed', () => {
    const counts = DRILL_RUNS.map((run, i) => {
      const [failed = NaN, sent = NaN] =
        cells(lines[i] ?? '')[4]
          ?.split('/')
          .map(Number) ?? [];
      const most = allowedFailures(run.drill, restartsOf(run));
      return { ...run, isBounded: sent > 0 && failed <= most };
    });
    expect(counts.filter(({ isBounded }) => !isBounded)).toEqual([]);
  });
});

describe('the searches of a drill', () => {
  const calm: DrillRow = {
    drill: 'change RELAY_TOKEN',
    platform: 'Node',
    commands: 1,
    minutes: 1,
    restarts: 2,
    sent: 9,
    failed: 2,
    retried: 2,
    repeated: 0,
    open: 0,
    seconds: 1,
    codes: { 'relay-failed': 2 },
  };
  const lost: DrillRow = {
    ...calm,
    drill: 'restore the issuer',
    restarts: 1,
    failed: 1,
    retried: 0,
    open: 1,
  };

  test.each([
    ['as many fail as processes were stopped', calm],
    ['the one search of a stated outage stays open', lost],
  ])('pass when %s', (_name, row) => {
    expect(faultsOf(row)).toEqual([]);
  });

  test.each([
    ['more fail than processes were stopped', { ...calm, failed: 3 }, '3 searches failed, 2 may fail'],
    [
      'one fails and no process was stopped',
      { ...calm, restarts: 0, failed: 1 },
      '1 searches failed, 0 may fail',
    ],
    ['none was sent', { ...calm, sent: 0, failed: 0 }, 'no search was sent'],
    ['one never succeeds', { ...calm, open: 1 }, '1 searches never succeeded, the page says 0'],
    ['an outage lasts into the next epoch', { ...lost, failed: 2, open: 2 }, '2 searches failed, 1 may fail'],
    [
      'a stated outage does not happen',
      { ...lost, failed: 0, open: 0 },
      '0 searches never succeeded, the page says 1',
    ],
  ])('fail a drill when %s', (_name, row, fault) => {
    expect(faultsOf(row).join('; ')).toContain(fault);
  });
});
