import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Where a test stands in the table: set it as `task.meta.cell`. */
export interface Cell {
  readonly consumer: string;
  readonly runtime: string;
}

declare module 'vitest' {
  interface TaskMeta {
    cell?: Cell;
  }
}

const SIGNS = { passed: 'yes', failed: 'FAILED', skipped: 'skipped', pending: 'skipped' } as const;

/** Prints the table consumer × runtime at the end of a run, and why cells were skipped. */
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const cells = tests.flatMap((test) => {
      const { cell } = test.meta();
      return cell === undefined ? [] : [{ ...cell, sign: SIGNS[test.result().state] }];
    });
    if (cells.length > 0) console.log(`\n${table(cells)}\n`);
    for (const line of tests.flatMap(skipped)) console.log(line);
  }
}

/** A table with a row for each consumer and a column for each runtime, both in the order of their names. */
export function table(cells: readonly (Cell & { readonly sign: string })[]): string {
  const consumers = [...new Set(cells.map(({ consumer }) => consumer))].toSorted();
  const runtimes = [...new Set(cells.map(({ runtime }) => runtime))].toSorted(byVersion);
  const rows = consumers.map((consumer) => [
    consumer,
    ...runtimes.map(
      (runtime) => cells.find((one) => one.consumer === consumer && one.runtime === runtime)?.sign ?? '–',
    ),
  ]);
  const lines = [['consumer', ...runtimes], ...rows];
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines.map((line) => line.map((text, i) => text.padEnd(widths[i]!)).join('  ')).join('\n');
}

const byVersion = (a: string, b: string): number => {
  const node = (name: string): number => (name.startsWith('Node') ? 0 : 1);
  return node(a) - node(b) || a.localeCompare(b, 'en', { numeric: true });
};

function skipped(test: TestCase): string[] {
  const result = test.result();
  return result.state === 'skipped' ? [`skipped: ${test.fullName}: ${result.note ?? 'no reason'}`] : [];
}
