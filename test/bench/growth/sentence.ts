/** The cost at one size. */
export interface Point {
  readonly x: number;
  readonly y: number;
  /** The cost beside that of the smallest size, if it was measured in rounds; else of the two costs. */
  readonly relative?: number | undefined;
  /** Of the measurement, as a share. */
  readonly spread?: number | null;
}

type Compared = Point & { readonly relative: number };

/** What a size counts: one of it, and several. */
export type Counted = readonly [one: string, several: string];

/** Differences below this share are not told from none, whatever the spread. */
const TOLERANCE = 0.1;
/** The least difference of two powers of the size, below and above a bend. */
const BEND = 0.25;
/** Around the power 1, within which the cost is in proportion to the size. */
const PROPORTION = 0.12;

/**
 * How the cost grows from the smallest size to the largest, and where it bends: at the size below and above which it grows with
 * the most different powers of the size. A straight line on two logarithmic axes has no bend.
 *
 * @param points - by size
 */
export function growthSentence(name: string, counted: Counted, points: readonly Point[]): string {
  const smallestCost = points[0]?.y ?? 0;
  const compared = points.map((point) => ({ ...point, relative: point.relative ?? point.y / smallestCost }));
  const [first, last] = [compared[0], compared.at(-1)];
  if (first === undefined || last === undefined) return '';
  const sizeOf = ({ x }: Point): string => `${x.toLocaleString('en')} ${counted[x === 1 ? 0 : 1]}`;
  const smallest = `${name}: ${digits(first.y, 3)} µs at ${sizeOf(first)}`;
  if (points.length === 1) return `${smallest}, the only size.`;
  const both = `${smallest}, ${digits(last.y, 3)} µs at ${last.x.toLocaleString('en')}`;
  if (points.some(({ y }) => y <= 0)) return `${both}. A cost of nothing cannot be compared.`;
  const whole = `${both}: ${times(first, last)}.`;
  if (points.length === 2) return `${whole} Two sizes cannot show a bend.`;
  const bend = bendOf(compared);
  if (bend === null) {
    const how =
      Math.abs(power(first, last) - 1) <= PROPORTION ? ': the cost is in proportion to the size' : '';
    return `${whole} It does not bend${how}.`;
  }
  return `${whole} It bends at ${sizeOf(bend)}: ${times(first, bend)} below, ${times(bend, last)} above.`;
}

/** The point at which a row bends; null if it does not, or if the spread could be the reason. */
function bendOf(points: readonly Compared[]): Compared | null {
  const [first, last] = [points[0] as Compared, points.at(-1) as Compared];
  const bends = points.slice(1, -1).flatMap((point) => {
    const [below, above] = [power(first, point), power(point, last)];
    const straight = power(first, last) * Math.log(point.x / first.x);
    const isSeen =
      Math.abs(Math.log(point.relative / first.relative) - straight) >
      Math.log1p(toleranceOf(first, point, last));
    const turn = Math.abs(above - below);
    return isSeen && turn >= BEND ? [{ point, turn }] : [];
  });
  return bends.toSorted((a, b) => b.turn - a.turn)[0]?.point ?? null;
}

/** The power of the size with which the cost grows between two points: 0 is level, 1 in proportion. */
const power = (a: Compared, b: Compared): number => Math.log(b.relative / a.relative) / Math.log(b.x / a.x);

const toleranceOf = (...points: readonly Point[]): number =>
  Math.max(TOLERANCE, ...points.map(({ spread }) => spread ?? 0));

/** How much more one point costs than another. */
function times(a: Compared, b: Compared): string {
  const more = b.relative / a.relative;
  const isLevel = Math.abs(Math.log(more)) <= Math.log1p(toleranceOf(a, b));
  const cost = isLevel ? 'about as much' : `${digits(more, 2)} times as much`;
  return `${cost} for ${digits(b.x / a.x, 3)} times the size`;
}

/** So many significant digits, and every digit before the point. */
const digits = (value: number, significant: number): string =>
  Number(value < 10 ** significant ? value.toPrecision(significant) : value.toFixed(0)).toLocaleString('en');
