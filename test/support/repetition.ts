import { withoutComments } from './sources.ts';

/** Two runs of lines that are alike, with their places. */
export interface Repetition {
  /** How many lines of the two runs have the same shape. */
  readonly lines: number;
  readonly first: string;
  readonly second: string;
}

interface Line {
  readonly number: number;
  readonly shape: string;
}
interface File {
  readonly path: string;
  readonly lines: readonly Line[];
}

const SEED = 3; // equal lines in a row that start a comparison
const GAP = 2; // lines that one run may have and the other not
const DENSITY = 0.75; // of a run's lines that must be alike
const COMMON = 60; // a seed in more places than this is an idiom

const KEYWORDS = new Set(
  `import from const let var function return if else for of in while do switch case default break continue
  new throw try catch finally typeof instanceof void null true false undefined this class extends implements
  interface type static get set private abstract as satisfies yield delete`.split(/\s+/),
);

/** A line without its names, texts and numbers: `const a = f('x', 1);` and `const b = g('y', 2);` have one shape. */
function shapeOf(line: string): string {
  return line
    .replaceAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"/g, 'S')
    .replaceAll(/\b(?:export|readonly|async|await)\b/g, '')
    .replaceAll(/\b\d[\d_.xa-f]*\b/g, '0')
    .replaceAll(/[#\w$]+/g, (word) => (KEYWORDS.has(word) || word === 'S' || word === '0' ? word : 'x'))
    .replaceAll(/(?:x\.)+x/g, 'x')
    .replaceAll(/\s+/g, '');
}

const PUNCTUATION = /^[)\]};,({[>]+$/;
const DATA = /^[xS0,:\\[\]|{}-]*;?$/; // a list of names or a table of literals
const thin = (shape: string): boolean => PUNCTUATION.test(shape) || DATA.test(shape);

function linesOf(text: string): Line[] {
  const code = withoutComments(text).replaceAll(/^(?:import|export) [^;]*? from '[^']*';$/gm, (statement) =>
    statement.replaceAll(/[^\n]/g, ''),
  );
  return code
    .split('\n')
    .map((line, i) => ({ number: i + 1, shape: shapeOf(line) }))
    .filter(({ shape }) => !thin(shape));
}

/** Where the runs go on after lines that differ: how many to skip in each, or null where they end. */
function skip(
  a: readonly Line[],
  i: number,
  b: readonly Line[],
  j: number,
): readonly [number, number] | null {
  for (let total = 1; total <= 2 * GAP; total++) {
    for (let x = Math.max(0, total - GAP); x <= Math.min(total, GAP); x++) {
      const y = total - x;
      const same = (k: number): boolean => a[i + x + k]?.shape === b[j + y + k]?.shape;
      if (a[i + x] !== undefined && b[j + y] !== undefined && same(0) && same(1)) return [x, y];
    }
  }
  return null;
}

/** The runs that begin at line `i` of one file and line `j` of another (or of the same one, further down). */
function compare(a: File, i: number, b: File, j: number): Repetition & { readonly density: number } {
  let [x, y, alike, lastX, lastY] = [i, j, 0, i, j];
  const end = a === b ? j : a.lines.length; // a run does not overlap itself
  while (x < end && y < b.lines.length) {
    if (a.lines[x]?.shape === b.lines[y]?.shape) {
      alike++;
      [lastX, lastY] = [x++, y++];
      continue;
    }
    const skipped = skip(a.lines, x, b.lines, y);
    if (skipped === null) break;
    x += skipped[0];
    y += skipped[1];
  }
  const at = (file: File, from: number, to: number): string =>
    `${file.path}:${file.lines[from]?.number}-${file.lines[to]?.number}`;
  const density = alike / (Math.max(lastX - i, lastY - j) + 1);
  return { lines: alike, first: at(a, i, lastX), second: at(b, j, lastY), density };
}

/** The longest repetition of each pair of files with at least `least` lines alike; longest first. */
export function repetitions(
  texts: readonly { readonly path: string; readonly text: string }[],
  least: number,
): Repetition[] {
  const files = texts.map(({ path, text }): File => ({ path, lines: linesOf(text) }));
  const seeds = new Map<string, (readonly [File, number])[]>();
  for (const file of files) {
    for (let i = 0; i + SEED <= file.lines.length; i++) {
      const key = file.lines.slice(i, i + SEED).map(({ shape }) => shape);
      const places = seeds.get(key.join('\n')) ?? [];
      seeds.set(key.join('\n'), [...places, [file, i]]);
    }
  }
  const longest = new Map<string, Repetition>();
  for (const places of seeds.values()) {
    if (places.length > COMMON) continue;
    for (const [n, [a, i]] of places.entries()) {
      for (const [b, j] of places.slice(n + 1)) {
        const { density, ...found } = compare(a, i, b, j);
        const pair = `${a.path} ${b.path}`;
        if (found.lines < least || density < DENSITY) continue;
        if ((longest.get(pair)?.lines ?? 0) < found.lines) longest.set(pair, found);
      }
    }
  }
  return [...longest.values()].toSorted((a, b) => b.lines - a.lines);
}
