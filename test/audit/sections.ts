import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  evidenceStatus,
  sectionOf,
  type AuditRow,
  type AuditSection,
  type Evidence,
} from '../../packages/cli/src/audit/report.ts';
import { claimRows, claimsOf, type Claim } from '../support/claims.ts';
import { documentText } from '../support/documents.ts';
import { tableRows } from '../support/markdown-table.ts';
import { STANDARDS } from '../support/standards.ts';
import type { Measures } from './measures.ts';
import type { Results } from './results.ts';

/** What the sections are made from. */
export interface Inputs {
  readonly root: string;
  readonly results: Results;
  readonly measures: Measures;
}

/** Rows that nothing in a repository can show; each says so in specs/requirements.md. */
export const ACCEPTED_OPEN: ReadonlySet<string> = new Set(['R31', 'K06', 'P02', 'P11']);

const shown = (row: Omit<AuditRow, 'status'>): AuditRow => ({
  ...row,
  status: evidenceStatus(row.evidence) ?? 'not-run',
});

const references = (cell: string): { file: string; name: string }[] =>
  Array.from(cell.matchAll(/`([^`]+)` “([^”]+)”/g), ([, file = '', name = '']) => ({ file, name }));

/** A row of specs/requirements.md without tests: open, or not ours. */
function withoutTests(id: string, what: string, cell: string): AuditRow {
  const reason = cell.replace(/^(?:open|not yet|not ours): /, '');
  if (cell.startsWith('not ours')) return { id, what, status: 'not-applicable', reason, evidence: [] };
  return { id, what, status: ACCEPTED_OPEN.has(id) ? 'accepted-open' : 'open', reason, evidence: [] };
}

const FAULT_SECTIONS = ['Faults', 'Faults found by running the product', 'Canaries'];

function faultRows({ results }: Inputs): AuditRow[] {
  const text = documentText('specs/requirements.md');
  return FAULT_SECTIONS.flatMap((section) => tableRows(text, section)).map(
    ([id = '', what = '', cell = '']) => {
      const files = Array.from(cell.matchAll(/`([^`]+)`/g), ([, file = '']) => file);
      if (files.length === 0) return withoutTests(id, what, cell);
      return shown({ id, what, evidence: files.map((file) => results.withId(file, id)) });
    },
  );
}

function privacyRows({ results }: Inputs): AuditRow[] {
  return tableRows(documentText('specs/requirements.md'), 'Privacy').map(
    ([id = '', what = '', cell = '']) => {
      const named = references(cell);
      if (named.length === 0) return withoutTests(id, what, cell);
      return shown({ id, what, evidence: named.map(({ file, name }) => results.named(file, name)) });
    },
  );
}

function normativeRows({ results }: Inputs): AuditRow[] {
  return STANDARDS.flatMap(({ rows }) => rows).map(({ id, level, what, tests = [], reason = '' }) => {
    if (tests.length === 0) return { ...withoutTests(id, what, reason), level };
    return shown({ id, level, what, evidence: tests.map(({ file, name }) => results.named(file, name)) });
  });
}

function claimSectionRows(inputs: Inputs): AuditRow[] {
  const rows = new Map([...faultRows(inputs), ...privacyRows(inputs)].map((row) => [row.id, row]));
  const evidenceOf = (claim: Claim): Evidence => {
    if (claim.kind === 'test') return inputs.results.named(claim.file, claim.name);
    if (claim.kind === 'command') return inputs.measures.evidence(claim.command);
    const status = rows.get(claim.id)?.status ?? 'not-run';
    return { name: claim.id, status: status === 'pass' || status === 'fail' ? status : 'not-run' };
  };
  return claimRows().map(({ attack, shownBy }, i) =>
    shown({
      id: `claim-${i + 1}`,
      what: attack,
      // A live deployment is not part of an audit of a checkout; the tests beside it are.
      evidence: claimsOf(shownBy)
        .filter((claim) => !(claim.kind === 'command' && claim.command === 'npx sotto probe'))
        .map(evidenceOf),
    }),
  );
}

const SCOPE = ['SECURITY.md', 'specs/threat-model.md', 'specs/requirements.md', 'specs/glossary.md'];

const INVARIANTS: readonly (readonly [file: string, what: string])[] = [
  ['test/architecture.test.ts', 'imports, purity, no console, size of files'],
  ['test/bindings.test.ts', 'no storage at the relay, observability off, no secret in a configuration'],
  ['test/dependencies.test.ts', 'exact versions with hashes, one registry, no install script'],
  ['test/glossary.test.ts', 'one word for one thing'],
  ['test/requirements.test.ts', 'every row of the requirements has a test or a reason'],
  ['test/claims.test.ts', 'every claim of the threat model names what shows it'],
];

const VECTORS: readonly (readonly [file: string, what: string])[] = [
  ['packages/ohttp/test/rfc9458.test.ts', 'RFC 9458 Appendix A'],
  ['packages/ohttp/test/chunked-vectors.test.ts', 'chunked OHTTP Appendix A'],
  ['packages/bhttp/test/rfc9292.test.ts', 'RFC 9292 §5'],
  ['packages/privacypass/test/rfc9577.test.ts', 'RFC 9577 Appendix A'],
  ['packages/privacypass/test/issuance-vectors.test.ts', 'RFC 9578 Appendix B and batched tokens'],
  ['packages/privacypass/test/workerd/issuance-vectors.test.ts', 'the same in workerd'],
  ['packages/voprf/test/rfc9497.test.ts', 'RFC 9497 Appendix A in JavaScript'],
  ['packages/voprf/test/sodium.test.ts', 'RFC 9497 Appendix A by libsodium'],
  ['packages/voprf/test/workerd/sodium.test.ts', 'RFC 9497 Appendix A by libsodium in workerd'],
  ['packages/ohttp/test/wycheproof.test.ts', 'Wycheproof'],
];

const fileRows = (prefix: string, files: typeof VECTORS, results: Results): AuditRow[] =>
  files.map(([file, what], i) => shown({ id: `${prefix}-${i + 1}`, what, evidence: [results.file(file)] }));

/** What each section needs to be run, and how it is made. */
export interface SectionPlan {
  readonly id: string;
  readonly title: string;
  readonly needs: readonly ('tests' | 'leaks' | 'soak' | 'release')[];
  readonly rows: (inputs: Inputs) => readonly AuditRow[];
}

/** The sections of an audit, in the order of the report. */
export const SECTIONS: readonly SectionPlan[] = [
  {
    id: 'scope',
    title: 'Scope and contact',
    needs: [],
    rows: ({ root }) =>
      SCOPE.map((file, i) => {
        const status = existsSync(path.join(root, file)) ? 'pass' : 'fail';
        return shown({ id: `scope-${i + 1}`, what: file, evidence: [{ name: file, status }] });
      }),
  },
  {
    id: 'claims',
    title: 'Claims of the threat model, and what shows them',
    needs: ['tests', 'leaks', 'soak', 'release'],
    rows: claimSectionRows,
  },
  { id: 'normative', title: 'Sentences of the standards', needs: ['tests'], rows: normativeRows },
  {
    id: 'vectors',
    title: 'Published test vectors',
    needs: ['tests'],
    rows: ({ results }) => fileRows('vectors', VECTORS, results),
  },
  { id: 'faults', title: 'Faults and canaries', needs: ['tests'], rows: faultRows },
  { id: 'privacy', title: 'Privacy channels and games', needs: ['tests'], rows: privacyRows },
  {
    id: 'invariants',
    title: 'Invariants',
    needs: ['tests'],
    rows: ({ results }) => [
      ...fileRows('invariant', INVARIANTS, results),
      shown({ id: 'tests', what: 'no test of this run fails', evidence: [results.all()] }),
    ],
  },
  {
    id: 'leaks',
    title: 'Bits that lengths, statuses and counts tell',
    needs: ['leaks'],
    rows: ({ measures }) => measures.leakRows(),
  },
  {
    id: 'soak',
    title: 'Histories with kills, and steady load',
    needs: ['soak'],
    rows: ({ measures }) => measures.soakRows(),
  },
  {
    id: 'release',
    title: 'Components and digests of what ships',
    needs: ['release', 'tests'],
    rows: ({ measures, results }) => [
      ...measures.releaseRows(),
      shown({
        id: 'reproducible',
        what: 'the release has the same bytes from two folders',
        evidence: [results.file('test/packaging/reproducible.test.ts')],
      }),
    ],
  },
];

export const makeSections = (plans: readonly SectionPlan[], inputs: Inputs): AuditSection[] =>
  plans.map(({ id, title, rows }) => sectionOf(id, title, rows(inputs)));
