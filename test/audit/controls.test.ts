import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  comparable,
  exitStatus,
  recount,
  type AuditReport,
  type AuditSection,
} from '../../packages/cli/src/audit/report.ts';
import { CONTROLS, type Control } from './controls.ts';
import { Measures } from './measures.ts';
import { Results, type TestResult } from './results.ts';
import { runTests } from './run.ts';
import { makeSections, SECTIONS } from './sections.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NOBODY = 65_534;
const none = new Measures({ leaks: null, soak: null, release: null });
const folders: string[] = []; // removed at the end

function temporaryFolder(mode: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-audit-'));
  folders.push(folder);
  chmodSync(folder, mode);
  return folder;
}

/** A copy of the sources beside a linked node_modules, in a folder that every user can read. */
function copyOf(name: string, source: string): string {
  const parent = temporaryFolder(0o755);
  const copy = path.join(parent, name);
  mkdirSync(copy, { recursive: true });
  const left = new Set(['.git', '.sotto', 'build', 'dist', 'node_modules']);
  for (const entry of readdirSync(source)) {
    if (left.has(entry)) continue;
    cpSync(path.join(source, entry), path.join(copy, entry), {
      recursive: true,
      preserveTimestamps: true, // a generated file that is older than its sources would be made again
      filter: (one) => !one.slice(source.length).includes('/node_modules'),
    });
  }
  const modules = path.join(ROOT, 'node_modules');
  const linked = spawnSync('cp', ['-al', modules, copy]);
  // Another file system: links are not possible there.
  if (linked.status !== 0) execFileSync('cp', ['-a', modules, copy]);
  return copy;
}

let copy: string;
let evidence: string;
let honest: readonly TestResult[]; // of the tests of all controls, without a fault

beforeAll(() => {
  copy = copyOf('controls', ROOT);
  evidence = temporaryFolder(0o700);
}, 600_000);

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}, 600_000);

/** Runs test files in the copy. A build of the release has a configuration of its own. */
function resultsOf(name: string, tests: readonly string[]): TestResult[] {
  const place = { root: copy, evidence, say: () => {} };
  const packaging = tests.filter((file) => file.startsWith('test/packaging/'));
  const others = tests.filter((file) => !packaging.includes(file));
  return [
    ...(others.length === 0 ? [] : runTests(place, 'test/audit/node.config.ts', name, others)),
    ...(packaging.length === 0
      ? []
      : runTests(place, 'test/audit/reproducible.config.ts', `${name}-release`, packaging)),
  ];
}

/** The section of a control, made from results of tests. */
function sectionOf({ section }: Control, results: readonly TestResult[]): AuditSection {
  const plans = SECTIONS.filter((plan) => plan.id === section);
  const [made] = makeSections(plans, { root: copy, results: new Results(results), measures: none });
  if (made === undefined) throw new Error(`no section ${section}`);
  return made;
}

describe('negative controls', () => {
  beforeAll(() => {
    honest = resultsOf('honest', [...new Set(CONTROLS.flatMap(({ tests }) => tests))]);
  }, 1_200_000);

  test.each(CONTROLS)('$id $fault: row $row fails, and not without the fault', (control) => {
    const { edit, row, tests, becomes = 'fail' } = control;
    const file = path.join(copy, edit[0]);
    const text = readFileSync(file, 'utf8');
    const changed = text.replace(edit[1], edit[2]);
    expect(changed).not.toBe(text);
    const evidenceOf = (section: AuditSection) =>
      section.rows.find(({ id }) => id === row)?.evidence.filter((one) => tests.includes(one.test ?? ''));

    const without = evidenceOf(sectionOf(control, honest)) ?? [];
    expect(without.map(({ status }) => status)).toEqual(tests.map(() => 'pass'));

    writeFileSync(file, changed);
    try {
      const section = sectionOf(control, resultsOf(control.id, tests));
      expect(evidenceOf(section)?.map(({ status }) => status)).toContain(becomes);
      const found = section.rows.filter(({ id }) => id === row);
      expect(found.map(({ status }) => status)).toEqual([becomes]);
      expect(exitStatus({ sections: [{ ...section, status: becomes }] })).toBe(becomes === 'fail' ? 1 : 3);
    } finally {
      writeFileSync(file, text);
    }
  });
});

/** Gives a copy to another user, but not the linked files of node_modules, which are those of this checkout. */
function own(root: string, uid: number): void {
  const modules = path.join(root, 'node_modules');
  mkdirSync(path.join(modules, '.vite-temp'), { recursive: true }); // Vite writes configurations there
  const entries = readdirSync(root).filter((entry) => entry !== 'node_modules');
  execFileSync('chown', ['-R', `${uid}:${uid}`, ...entries], { cwd: root });
  for (const folder of [root, modules, path.join(modules, '.vite-temp')]) chownSync(folder, uid, uid);
}

/** Runs two sections in a copy, as another user if one is given. */
function auditIn(root: string, uid?: number): AuditReport {
  const out = temporaryFolder(0o777);
  if (uid !== undefined) chownSync(out, uid, uid);
  const args = ['test/audit/audit.ts', '--section', 'scope', '--section', 'invariants', '--out', out];
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, HOME: out, TMPDIR: out },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  if (status !== 0) throw new Error(`audit in ${root}: status ${status}\n${stderr.slice(-2000)}`);
  return JSON.parse(readFileSync(path.join(out, 'audit.json'), 'utf8')) as AuditReport;
}

describe('reports of one commit', () => {
  let ours: AuditReport;
  beforeAll(() => {
    ours = auditIn(copy);
  }, 1_200_000);

  test('two folders: the reports are equal but for the fields of the run', () => {
    const theirs = auditIn(copyOf('a-longer-path/to/another', copy));
    expect(recount(ours)).toEqual([]);
    expect(theirs.run).not.toEqual(ours.run);
    expect(comparable(theirs)).toEqual(comparable(ours));
  });

  test.skipIf(process.getuid?.() !== 0)('two users: the same (skipped without root)', () => {
    own(copy, NOBODY);
    expect(comparable(auditIn(copy, NOBODY))).toEqual(comparable(ours));
  });
});
