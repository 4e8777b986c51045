import { readFileSync } from 'node:fs';
import type { Figure } from './row.ts';

/** The largest difference at which two runs agree, as a share of the smaller figure. */
const AGREEMENT = 0.1;

/**
 * What two runs are compared by: the ratio to the peer or to the smallest size, which does not depend on the machine, or else
 * the time. Parts of a row are no rows.
 */
type Compared = Pick<Figure, 'name' | 'runtime' | 'peer' | 'ratio' | 'relative' | 'ours_us' | 'size'>;

/** The rows of two runs that differ by more than 10 %, or that are in one run only, one line each. */
export function disagreements(first: readonly Compared[], second: readonly Compared[]): string[] {
  const [a, b] = [byRow(first), byRow(second)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((row) => {
    const [x, y] = [a.get(row), b.get(row)];
    if (x === undefined || y === undefined) return [`${row}: only in the ${x ? 'first' : 'second'} run`];
    const [low, high] = [Math.min(x.value, y.value), Math.max(x.value, y.value)];
    if (high <= low * (1 + AGREEMENT)) return [];
    return [`${row}: ${x.value} and ${y.value}${x.unit}, ${percent(high / low - 1)} more`];
  });
}

const percent = (share: number): string => (Number.isFinite(share) ? `${Math.round(share * 100)} %` : 'much');

function byRow(run: readonly Compared[]): Map<string, { readonly value: number; readonly unit: string }> {
  return new Map(
    run.map(({ name, runtime, peer, ratio, relative, ours_us, size }) => [
      [name, ...(size === undefined ? [] : [size]), `(${runtime}${peer === null ? '' : `, ${peer}`})`].join(
        ' ',
      ),
      valueOf(ratio ?? relative, ours_us),
    ]),
  );
}

const valueOf = (ratio: number | undefined, us: number) =>
  ratio === undefined ? { value: us, unit: ' µs' } : { value: ratio, unit: '' };

/** Compares the files that two runs with --json wrote. Returns the lines to print, and whether the runs agree. */
export function compareFiles(first: string, second: string): { lines: string[]; agree: boolean } {
  const [a, b] = [figuresIn(first), figuresIn(second)];
  const differ = disagreements(a, b);
  const rows = new Set([...byRow(a).keys(), ...byRow(b).keys()]).size;
  const agree = differ.length === 0;
  return { lines: [...differ, `${rows - differ.length} of ${rows} rows agree within 10 %.`], agree };
}

/** The figures of a run: lines that are JSON objects. A line of another kind is an error. */
function figuresIn(file: string): Figure[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  if (lines.length === 0) throw new Error(`${file}: no figures; write it with npm run -s bench -- --json`);
  return lines.map((line, i) => {
    try {
      const figure = JSON.parse(line) as Figure;
      if (typeof figure.name === 'string' && typeof figure.ours_us === 'number') return figure;
    } catch {
      // The error below says where.
    }
    throw new Error(`${file}:${i + 1}: not a figure; write the file with npm run -s bench -- --json`);
  });
}
