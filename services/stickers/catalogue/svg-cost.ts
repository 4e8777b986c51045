import type { Element } from './xml.ts';

/** The same limits as in the picker, so that the picker shows everything that is built. */
const MAX_COST = 4000; // elements after all references are expanded
const MAX_DEPTH = 32; // nested elements and references
const FILTER_COST = 150; // a filter primitive touches every pixel
const DASH_COST = 400; // a dash pattern can cut a path into very many strokes

/**
 * Why a browser would take long to draw an SVG; null when it would not. Elements count as often as they are referred
 * to, by `<use>` as well as by paint, clip paths, masks and filters; a cycle counts as endless.
 */
export function costlyReason(root: Element): string | null {
  const byId = new Map<string, Element>();
  collect(root, byId);
  const known = new Map<Element, number>();
  const costOf = (element: Element, depth: number): number => {
    const before = known.get(element);
    if (before !== undefined) return before;
    if (depth > MAX_DEPTH) return Infinity;
    known.set(element, Infinity); // until it is known: a reference back to this element is a cycle
    const children = element.children.filter((child) => typeof child !== 'string');
    const targets = referencesOf(element).flatMap((id) => byId.get(id) ?? []);
    const cost = [...children, ...targets].reduce(
      (sum, next) => sum + costOf(next, depth + 1),
      weightOf(element),
    );
    known.set(element, cost);
    return cost;
  };
  const cost = costOf(root, 0);
  if (cost === Infinity) return `references form a cycle, or nest deeper than ${MAX_DEPTH}`;
  return cost > MAX_COST ? `${cost} elements once references are expanded; at most ${MAX_COST}` : null;
}

function collect(element: Element, byId: Map<string, Element>): void {
  for (const [name, value] of element.attributes) if (name === 'id') byId.set(value, element);
  for (const child of element.children) if (typeof child !== 'string') collect(child, byId);
}

const referencesOf = ({ attributes }: Element): string[] =>
  attributes.flatMap(([name, value]) => {
    if (name === 'href' || name === 'xlink:href') return [value.replace(/^#/, '')];
    return [...value.matchAll(/url\(\s*["']?#([\w.-]+)/g)].map(([, id = '']) => id);
  });

const weightOf = ({ name, attributes }: Element): number =>
  (name.startsWith('fe') ? FILTER_COST : 1) +
  (attributes.some(([key, value]) => /dasharray/.test(key + value)) ? DASH_COST : 0);
