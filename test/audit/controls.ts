/** A fault that is put into a copy of the tree, and the row that must fail of it. */
export interface Control {
  readonly id: string;
  readonly fault: string;
  /** File, and what is replaced in it by what; the text must be there. */
  readonly edit: readonly [file: string, from: string | RegExp, to: string];
  /** The test files that the row needs. */
  readonly tests: readonly string[];
  readonly section: string;
  readonly row: string;
  /** `fail`, unless the fault is that nothing runs. */
  readonly becomes?: 'not-run';
}

/** The negative controls: a report is worth something only if it can fail. */
export const CONTROLS: readonly Control[] = [
  {
    id: 'C01',
    fault: 'the relay forwards user-agent',
    edit: [
      'services/relay/src/exchange.ts',
      "{ headers: { 'content-type': PLAIN.request }, body, signal }",
      "{ headers: { 'content-type': PLAIN.request, 'user-agent': request.headers.get('user-agent') ?? '' }, body, signal }",
    ],
    tests: ['services/relay/test/exchange.test.ts'],
    section: 'faults',
    row: 'R08',
  },
  {
    id: 'C02',
    fault: 'a refusal is a byte longer',
    edit: [
      'services/gateway/src/exchange.ts',
      'refusalOf(code, { length, flushMs',
      'refusalOf(code, { length: length + 1, flushMs',
    ],
    tests: ['services/gateway/test/lengths.test.ts'],
    section: 'privacy',
    row: 'L1',
  },
  {
    id: 'C03',
    fault: 'the ledger lets a spent token through',
    edit: [
      'services/issuer/src/store/spent.ts',
      "if (ours === undefined) return 'spent';",
      "if (ours === undefined) return 'first';",
    ],
    tests: ['services/issuer/test/redeem.test.ts'],
    section: 'faults',
    row: 'S04',
  },
  {
    id: 'C04',
    fault: 'the client skips the proof',
    edit: ['packages/voprf/src/client.ts', 'await verifyProof(suite, B, C, D, proof);', ''],
    tests: ['packages/privacypass/test/malicious-issuer.test.ts'],
    section: 'faults',
    row: 'I12',
  },
  {
    id: 'C05',
    fault: 'a service logs',
    edit: [
      'services/relay/src/exchange.ts',
      "const type = request.headers.get('content-type');",
      "const type = request.headers.get('content-type');\n  console.log(type);",
    ],
    tests: ['test/architecture.test.ts'],
    section: 'invariants',
    row: 'invariant-1',
  },
  {
    id: 'C06',
    fault: 'a digit of a vector is changed',
    edit: ['specs/vectors/rfc9458.json', '3c168975674b2fa8', '3c168976674b2fa8'],
    tests: ['packages/ohttp/test/rfc9458.test.ts'],
    section: 'vectors',
    row: 'vectors-1',
  },
  {
    id: 'C07',
    fault: 'a row of the requirements is deleted',
    edit: ['specs/requirements.md', /^\| 9458-5\.2-1 .*\n/m, ''],
    tests: ['test/requirements.test.ts'],
    section: 'invariants',
    row: 'invariant-5',
  },
  {
    id: 'C08',
    fault: 'a dependency has no hash',
    edit: ['package-lock.json', /^ +"integrity": "sha512-[^"]+",\n/m, ''],
    tests: ['test/dependencies.test.ts'],
    section: 'invariants',
    row: 'invariant-3',
  },
  {
    id: 'C09',
    fault: 'a Worker contains the time of its build',
    edit: [
      'services/local/src/worker-code.ts',
      'contents: code.text }',
      String.raw`contents: code.text + '// ' + Date.now() }`,
    ],
    tests: ['test/packaging/reproducible.test.ts'],
    section: 'release',
    row: 'reproducible',
  },
  {
    id: 'C10',
    fault: 'a suite is skipped',
    edit: ['packages/bhttp/test/rfc9292.test.ts', 'describe.each(vectors)', 'describe.skip.each(vectors)'],
    tests: ['packages/bhttp/test/rfc9292.test.ts'],
    section: 'vectors',
    row: 'vectors-3',
    becomes: 'not-run',
  },
];
