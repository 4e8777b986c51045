import { existsSync } from 'node:fs';
import path from 'node:path';
import { VARIABLES, type Variable } from '@sotto/service/variables';
import { describe, expect, test } from 'vitest';
import { faultsOf, type DrillRow } from './operators/support/drill.ts';
import { OTHER_SECRETS, SECRETS } from './operators/support/secrets.ts';
import { documentText, platformBlocks } from './support/documents.ts';

const root = path.resolve(import.meta.dirname, '..');
const PAGE = 'docs/how-to/rotate-secrets.md';
const plans = Object.entries({ ...SECRETS, ...OTHER_SECRETS });

describe('secrets', () => {
  test('every secret that a service declares has a drill, or a reason why it has none', () => {
    const declared = Object.entries(VARIABLES as Readonly<Record<string, Variable>>)
      .filter(([, { secret }]) => secret === true)
      .flatMap(([name, { services }]) => services.map((service) => `${service} ${name}`));
    expect(Object.keys(SECRETS).toSorted()).toEqual(declared.toSorted());
    expect(declared.length).toBeGreaterThan(20);
  });

  test.each(plans.flatMap(([name, plan]) => ('section' in plan ? [[name, plan.section] as const] : [])))(
    '%s: the drill on Node follows a section with commands',
    (_name, section) => {
      expect(platformBlocks(PAGE, section, 'Node')).not.toEqual([]);
      expect(documentText('test/operators/drills.node.test.ts')).toContain(`'${section}'`);
    },
  );

  test.each(plans.flatMap(([name, plan]) => ('section' in plan ? [] : [[name, plan.shownBy] as const])))(
    '%s: what its reason refers to is there',
    (_name, file) => {
      expect(existsSync(path.join(root, file))).toBe(true);
    },
  );
});

describe('the searches of a drill', () => {
  const calm: DrillRow = {
    drill: 'change RELAY_TOKEN',
    platform: 'Node',
    commands: 1,
    minutes: 1,
    restarts: 2,
    traffic: true,
    sent: 9,
    failed: 2,
    failedForGood: 0,
    codes: { 'relay-failed': 2 },
  };

  test('pass when as many fail as processes were stopped', () => {
    expect(faultsOf(calm)).toEqual([]);
  });

  test.each([
    ['more fail than processes were stopped', { failed: 3 }, '3 searches failed, 2 may fail'],
    ['one fails and no process was stopped', { restarts: 0, failed: 1 }, '1 searches failed, 0 may fail'],
    ['none was sent', { sent: 0, failed: 0 }, 'no search was sent'],
    ['one never succeeds', { failedForGood: 1 }, '1 searches never succeeded'],
  ])('fail a drill when %s', (_name, changes, fault) => {
    expect(faultsOf({ ...calm, ...changes }).join('; ')).toContain(fault);
  });
});
