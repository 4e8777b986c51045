import path from 'node:path';
import type { Evidence } from '../../packages/cli/src/audit/report.ts';
import { idsIn } from '../support/test-names.ts';

/** A test that ran, with the names of its groups. */
export interface TestResult {
  readonly file: string; // relative to the root
  readonly names: readonly string[]; // groups first, then its own
  readonly status: 'pass' | 'fail' | 'not-run';
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** The tests of a report of Vitest's JSON reporter. A file that did not load fails as a whole. */
export function testResults(report: JsonReport, root: string): TestResult[] {
  return report.testResults.flatMap(({ name, status, assertionResults }): TestResult[] => {
    const file = path.relative(root, name);
    if (assertionResults.length === 0 && status === 'failed') return [{ file, names: [], status: 'fail' }];
    return assertionResults.map((test) => ({
      file,
      names: [...test.ancestorTitles, test.title].filter((title) => title !== ''),
      status: test.status === 'passed' ? 'pass' : test.status === 'failed' ? 'fail' : 'not-run',
    }));
  });
}

/** A name as it stands in a file, where `%s` and `$name` stand for values. */
function pattern(name: string): RegExp {
  const literal = name.replaceAll(/[.*+?^{}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(literal.replaceAll(/%[sdijfo]|\$[\w.]+/g, '.*'));
}

/** What all these tests say together: one failure fails, and one pass is needed. */
function together(tests: readonly TestResult[]): Evidence['status'] {
  if (tests.some(({ status }) => status === 'fail')) return 'fail';
  return tests.some(({ status }) => status === 'pass') ? 'pass' : 'not-run';
}

/** Looks tests up by file and a part of a name, or by file and id. */
export class Results {
  readonly #byFile: ReadonlyMap<string, readonly TestResult[]>;

  constructor(tests: readonly TestResult[]) {
    this.#byFile = Map.groupBy(tests, ({ file }) => file);
  }

  #of(file: string): readonly TestResult[] {
    return this.#byFile.get(file) ?? [];
  }

  /** The evidence of the tests, or groups of tests, with this part of a name. */
  named(file: string, name: string): Evidence {
    const wanted = pattern(name);
    const tests = this.#of(file).filter(({ names }) => names.some((one) => wanted.test(one)));
    return { test: file, name, status: this.#broken(file) ?? together(tests) };
  }

  /** The evidence of the tests whose name, or whose group's name, bears the id. */
  withId(file: string, id: string): Evidence {
    const tests = this.#of(file).filter(({ names }) => names.some((name) => idsIn(name).includes(id)));
    return { test: file, name: id, status: this.#broken(file) ?? together(tests) };
  }

  /** The evidence of all tests that ran. */
  all(): Evidence {
    return { name: 'all tests', status: together([...this.#byFile.values()].flat()) };
  }

  /** The evidence of a whole file. */
  file(file: string): Evidence {
    return { test: file, status: together(this.#of(file)) };
  }

  #broken(file: string): 'fail' | null {
    return this.#of(file).some(({ names, status }) => names.length === 0 && status === 'fail')
      ? 'fail'
      : null;
  }
}
