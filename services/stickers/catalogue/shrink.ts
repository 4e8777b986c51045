import { optimize } from 'svgo';

export const MOST_ART = 6144; // bytes: 24 of these and their words fit a page

const DETAIL = /<(path|circle|ellipse|rect|polygon|polyline|line)\b(?![^>]*\sid=)[^>]*\/>/g;
const HELD = /<(defs|clipPath|mask|pattern|symbol)\b.*?<\/\1>/gs;

/** Minifies a drawing without a visible change. */
export function minify(svg: string): string {
  return optimized(svg, 3);
}

/**
 * Makes a drawing smaller than 6 KB with the fewest changes: points move by at most 1/300 of its width,
 * gradients become one colour and glosses are removed, the smallest details are removed. Null if it is still
 * too large.
 */
export function shrink(svg: string): string | null {
  const width = Number(/viewBox=["'][\d.-]+ [\d.-]+ ([\d.]+)/.exec(svg)?.[1] ?? 100);
  const fine = optimized(svg, width < 100 ? 2 : 1);
  if (fits(fine)) return fine;
  const flat = optimized(flatten(svg), width < 100 ? 1 : 0);
  if (fits(flat)) return flat;
  const held = [...flat.matchAll(HELD)].map(({ index, 0: text }) => [index, index + text.length] as const);
  const details = [...flat.matchAll(DETAIL)]
    .filter(({ index }) => !held.some(([from, to]) => index >= from && index < to))
    .map(({ 0: text }) => ({ text, area: areaOf(text) }))
    .toSorted((one, two) => one.area - two.area);
  let drawing = flat;
  for (const { text } of details.slice(0, Math.floor(details.length * 0.8))) {
    drawing = drawing.replace(text, '');
    if (fits(drawing)) return drawing;
  }
  return null;
}

const fits = (svg: string): boolean => Buffer.byteLength(svg) <= MOST_ART;

/**
 * Replaces each gradient by its middle colour. A gradient that fades to nothing is a gloss and is removed.
 */
function flatten(svg: string): string {
  let flat = svg;
  for (const [whole, , id = '', stops = ''] of svg.matchAll(
    /<(linearGradient|radialGradient)\b[^>]*?\sid=["']([^"']+)["'][^>]*>(.*?)<\/\1>/gs,
  )) {
    const colours = [...stops.matchAll(/stop-color=["']([^"']+)/g)].map(([, colour]) => colour ?? '');
    const paint = new RegExp(`fill=(["'])url\\(#${id}\\)\\1`, 'g');
    const gloss = new RegExp(`<[a-z]+\\b[^>]*fill=(["'])url\\(#${id}\\)\\1[^>]*/>`, 'gi');
    if (/stop-opacity=["']0["']/.test(stops)) flat = flat.replace(gloss, '');
    flat = flat.replace(paint, `fill="${colours[colours.length >> 1] ?? 'none'}"`).replace(whole, '');
  }
  return flat;
}

const optimized = (svg: string, points: number): string =>
  optimize(svg, {
    multipass: true,
    floatPrecision: 3,
    plugins: [
      {
        name: 'preset-default',
        params: {
          overrides: {
            cleanupIds: { minify: false },
            convertPathData: { floatPrecision: points },
            cleanupNumericValues: { floatPrecision: 2 },
          },
        },
      },
    ],
  }).data;

/** The approximate area of an element: the box around its points, in square units. */
function areaOf(element: string): number {
  const attribute = (name: string): number =>
    Number(new RegExp(`\\s${name}=["']([\\d.-]+)`).exec(element)?.[1] ?? 0);
  const d = /\sd=["']([^"']*)/.exec(element)?.[1];
  if (d === undefined) {
    const [r, rx, ry] = [attribute('r'), attribute('rx'), attribute('ry')];
    return Math.max(4 * r * r, 4 * rx * ry, attribute('width') * attribute('height'));
  }
  const [xs, ys]: [number[], number[]] = [[], []];
  let [x, y] = [0, 0];
  for (const [, command = '', body = ''] of d.matchAll(/([a-z])([^a-z]*)/gi)) {
    const numbers = (body.match(/-?(?:\d+\.?\d*|\.\d+)/g) ?? []).map(Number);
    const relative = command === command.toLowerCase();
    const step = { h: 1, v: 1, c: 6, s: 4, q: 4, a: 7 }[command.toLowerCase()] ?? 2;
    for (let i = 0; i + step <= numbers.length; i += step) {
      const [dx, dy] = [numbers[i + step - 2] ?? 0, numbers[i + step - 1] ?? 0];
      if (step === 1) {
        if (command.toLowerCase() === 'h') x = relative ? x + dy : dy;
        else y = relative ? y + dy : dy;
      } else {
        x = relative ? x + dx : dx;
        y = relative ? y + dy : dy;
      }
      xs.push(x);
      ys.push(y);
    }
  }
  return (Math.max(...xs) - Math.min(...xs) + 0.5) * (Math.max(...ys) - Math.min(...ys) + 0.5);
}
