/** One line of a chart. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LineChart {
  readonly title: string;
  readonly x: string; // what the axis shows, with its unit
  readonly y: string;
  /** Both axes are logarithmic, unless told. All values must be above zero then. */
  readonly scale?: 'log' | 'linear';
  readonly series: readonly Series[];
}

export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
  /** A vertical line, for example the value of a peer. */
  readonly reference?: number;
}

/** A part of a report: text, a table whose first row is its head, or a chart. */
export type Section =
  | { readonly text: string }
  | { readonly table: readonly (readonly string[])[] }
  | { readonly chart: string };

const WIDTH = 720; // pixels
const HEIGHT = 360;
const MARGIN = { left: 80, right: 170, top: 40, bottom: 50 };
const BAR = 18; // pixels, with its gap
const NAMES = 190;
const FEW_DECADES = 50; // the largest value beside the smallest
/** Of lines and bars, on a light page and on a dark one. */
const COLORS = [
  ['#1f6f8b', '#5fb3d1'],
  ['#b5532a', '#e8895c'],
  ['#4c7a34', '#8fc46f'],
  ['#7a4b8f', '#bf93d3'],
  ['#8a6d1d', '#d3b45a'],
  ['#40424a', '#b4b7c0'],
] as const;
const color = (i: number): string => `var(--line-${i % COLORS.length})`;

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (char) => `&#${char.codePointAt(0)};`);

const short = (value: number): string =>
  Math.abs(value) >= 1000
    ? value.toLocaleString('en', { maximumFractionDigits: 0 })
    : `${Number(value.toPrecision(3))}`;

const round = (pixels: number): number => Math.round(pixels * 10) / 10;

/** A page of its own, without scripts and without anything to download. */
export function htmlReport(title: string, sections: readonly Section[]): string {
  const colors = COLORS.map(([light, dark], i) => `--line-${i}:light-dark(${light},${dark})`).join(';');
  const style =
    `:root{color-scheme:light dark;${colors}}svg text{fill:currentColor}` +
    'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
    'table{border-collapse:collapse;font-size:14px}td,th{padding:2px 10px;border-bottom:1px solid #8886;text-align:left}' +
    'td{font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto;margin:1rem 0}svg text{font:12px system-ui,sans-serif}';
  const head = `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${style}</style>`;
  return `${head}\n<h1>${escapeHtml(title)}</h1>\n${sections.map(sectionHtml).join('\n')}\n</html>\n`;
}

function sectionHtml(section: Section): string {
  if ('chart' in section) return section.chart;
  if ('text' in section) return `<p>${escapeHtml(section.text)}</p>`;
  const rows = section.table.map((cells, i) => {
    const tag = i === 0 ? 'th' : 'td';
    return `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  });
  return `<table>\n${rows.join('\n')}\n</table>`;
}

/** Lines with a mark at each point, as SVG. */
export function lineChart({ title, x, y, scale = 'log', series }: LineChart): string {
  const points = series.flatMap((one) => one.points);
  const across = axis(
    points.map((point) => point.x),
    scale,
    MARGIN.left,
    WIDTH - MARGIN.right,
  );
  const up = axis(
    points.map((point) => point.y),
    scale,
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const parts = [
    `<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${WIDTH - MARGIN.left - MARGIN.right}" height="${HEIGHT - MARGIN.top - MARGIN.bottom}" fill="none" stroke="#999"/>`,
    ...across.ticks.map((tick) => label(across.at(tick), HEIGHT - MARGIN.bottom + 16, short(tick), 'middle')),
    ...up.ticks.map((tick) => label(MARGIN.left - 6, up.at(tick) + 4, short(tick), 'end')),
    label((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 12, x, 'middle'),
    label(4, MARGIN.top - 16, y, 'start'),
  ];
  for (const [i, { name, points: line }] of series.entries()) {
    const at = line.map((point) => [across.at(point.x), up.at(point.y)] as const);
    parts.push(
      `<polyline points="${at.map((pair) => pair.join(',')).join(' ')}" fill="none" style="stroke:${color(i)}" stroke-width="2"/>`,
      ...at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" style="fill:${color(i)}"/>`),
      `<rect x="${WIDTH - MARGIN.right + 10}" y="${MARGIN.top + 18 * i}" width="10" height="10" style="fill:${color(i)}"/>`,
      label(WIDTH - MARGIN.right + 26, MARGIN.top + 18 * i + 10, name, 'start'),
    );
  }
  return svg(title, WIDTH, HEIGHT, parts);
}

/** Horizontal bars from zero, each with its value, as SVG. */
export function barChart({ title, unit, bars, reference }: BarChart): string {
  const height = MARGIN.top + BAR * bars.length + 10;
  const most = Math.max(...bars.map(({ value }) => value), reference ?? 0) || 1;
  const width = (value: number): number => round(((WIDTH - NAMES - 90) * value) / most);
  const parts = bars.flatMap(({ name, value }, i) => {
    const top = MARGIN.top + BAR * i;
    return [
      label(NAMES - 6, top + 12, name, 'end'),
      `<rect x="${NAMES}" y="${top}" width="${width(value)}" height="${BAR - 4}" style="fill:${color(0)}"/>`,
      label(NAMES + width(value) + 6, top + 12, `${short(value)} ${unit}`, 'start'),
    ];
  });
  if (reference !== undefined) {
    const at = NAMES + width(reference);
    parts.push(
      `<line x1="${at}" x2="${at}" y1="${MARGIN.top - 6}" y2="${height - 10}" style="stroke:${color(1)}" stroke-dasharray="4"/>`,
    );
  }
  return svg(title, WIDTH, height, parts);
}

/** Where values stand between two edges, and the values to mark. */
function axis(values: readonly number[], scale: 'log' | 'linear', from: number, to: number) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (scale === 'linear') {
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => high * part);
    return { ticks, at: (value: number) => round(from + ((to - from) * value) / (high || 1)) };
  }
  const ticks = ticksOf(low, high);
  const [first, last] = [Math.log10(ticks[0] ?? 1), Math.log10(ticks.at(-1) ?? 10)];
  return {
    ticks,
    at: (value: number) => round(from + ((to - from) * (Math.log10(value) - first)) / (last - first)),
  };
}

/** What a logarithmic axis marks: decades, or 1, 2 and 5 of each where there are few. */
function ticksOf(low: number, high: number): number[] {
  const steps = high / low < FEW_DECADES ? [1, 2, 5] : [1];
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const all = decades.flatMap((decade) => steps.map((step) => step * decade));
  const below = all.findLastIndex((tick) => tick <= low);
  const above = all.findIndex((tick, i) => tick >= high && i > below);
  return all.slice(below, above === -1 ? undefined : above + 1);
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  const name = escapeHtml(title);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${name}">`,
    `<text x="${width / 2}" y="18" text-anchor="middle" font-weight="bold">${name}</text>`,
    ...parts,
    '</svg>',
  ].join('\n');
}
