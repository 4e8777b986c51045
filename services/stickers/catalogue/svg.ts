import { createHash } from 'node:crypto';
import { PackError } from './error.ts';
import { costlyReason } from './svg-cost.ts';
import { type Element, parseXml } from './xml.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const ELEMENTS = words(
  'svg g defs symbol use path circle ellipse rect line polyline polygon linearGradient radialGradient stop clipPath mask pattern filter feGaussianBlur feOffset feBlend feColorMatrix feFlood feComposite feMerge feMergeNode',
);
/** Elements that draw nothing and are silently removed. Elements of editors have a prefix. */
const DROPPED = words('title desc metadata');
const ATTRIBUTES = words(
  'id d points x y x1 y1 x2 y2 cx cy r rx ry fx fy fr width height viewBox preserveAspectRatio transform pathLength offset fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color clip-path clip-rule mask filter stop-color stop-opacity gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits patternUnits patternContentUnits patternTransform filterUnits primitiveUnits href display visibility paint-order shape-rendering mix-blend-mode isolation vector-effect enable-background overflow mask-type color-interpolation-filters in in2 result stdDeviation dx dy mode type values operator k1 k2 k3 k4 flood-color flood-opacity edgeMode',
);
/** Attributes without an effect in a drawing that is used alone. */
const NOISE =
  /^(?:xmlns:|xml:space$|version$|baseProfile$|class$|aria-|role$|focusable$|data-|(?!xlink:)[a-z]+:)/;
const NOISE_ELEMENT = /^[a-z]+:/i;
const LOCAL = /^#([\w.-]+)$/;
/** No quote, colon, backslash or angle bracket, and so no address, script or escape. */
const VALUE = /^[\w\s.,#%()+*/-]*$/;
/** The functions of transforms and colours. */
const FUNCTIONS = words('matrix translate scale rotate skewX skewY rgb rgba hsl hsla');
const SVG = 'http://www.w3.org/2000/svg';
const XLINK = 'http://www.w3.org/1999/xlink';

/**
 * Rewrites a drawing with harmless parts only: shapes, paint, references inside itself. Anything else is
 * refused with its line, so the result cannot run scripts or load anything.
 *
 * Only ids that are used are kept, with a prefix of the drawing, so that one page can contain many drawings.
 *
 * @returns one line of SVG, attributes in single quotes (a JSON string then needs no escapes)
 * @throws {PackError}
 */
export function cleanSvg(text: string, file: string): string {
  const root = parseXml(text, file);
  if (root.name !== 'svg') throw new PackError(file, root.line, 'the root element is not <svg>');
  const used = new Set<string>();
  const have = new Set<string>();
  check(root, file, used, have);
  for (const id of used) {
    if (!have.has(id)) throw new PackError(file, 0, `nothing has the id ${id}`);
  }
  const costly = costlyReason(root);
  if (costly !== null) throw new PackError(file, 0, costly);
  const names = new Map([...used].toSorted().map((id, i) => [id, i.toString(36)]));
  const draft = write(root, names, '', true);
  const prefix = `s${createHash('sha256').update(draft).digest('hex').slice(0, 6)}-`;
  return used.size === 0 ? draft : write(root, names, prefix, true);
}

function check(element: Element, file: string, used: Set<string>, have: Set<string>): void {
  const refuse = (message: string): never => {
    throw new PackError(file, element.line, message);
  };
  if (!ELEMENTS.has(element.name)) refuse(`<${element.name}> is not allowed`);
  for (const [name, value] of properties(element, refuse)) {
    if (name === 'xmlns') {
      if (value !== SVG) refuse('xmlns is not that of SVG');
    } else if (name === 'xmlns:xlink') {
      if (value !== XLINK) refuse('xmlns:xlink is not that of XLink');
    } else if (/^on/i.test(name)) {
      refuse(`${name} is a handler`);
    } else if (name === 'href' || name === 'xlink:href') {
      used.add(LOCAL.exec(value)?.[1] ?? refuse(`${name} leads out of the drawing`));
    } else if (name === 'id') {
      if (have.has(value)) refuse(`the id ${value} stands twice`);
      have.add(value);
    } else if (!NOISE.test(name)) {
      if (!ATTRIBUTES.has(name)) refuse(`${name} is not allowed`);
      const rest = value.replace(/url\(\s*(["']?)#([\w.-]+)\1\s*\)/g, (_, _quote, id: string) => {
        used.add(id);
        return '';
      });
      const calls = [...rest.matchAll(/([\w-]+)\s*\(/g)].every(([, call = '']) => FUNCTIONS.has(call));
      if (!calls || !VALUE.test(rest)) refuse(`${name} has a value that is not allowed`);
    }
  }
  for (const child of element.children) {
    if (typeof child === 'string') {
      if (child.trim() !== '') refuse('text is not allowed: draw it as paths');
    } else if (!DROPPED.has(child.name) && !NOISE_ELEMENT.test(child.name)) {
      check(child, file, used, have);
    }
  }
}

/** The attributes of an element, with its `style` split into them. */
function properties(element: Element, refuse: (message: string) => never): [string, string][] {
  return element.attributes.flatMap(([name, value]): [string, string][] => {
    if (name !== 'style') return [[name, value]];
    return value
      .split(';')
      .filter((part) => part.trim() !== '')
      .map((part) => {
        const [key = '', body, ...more] = part.split(':');
        if (body === undefined || more.length > 0) refuse('style has a value that is not allowed');
        return [key.trim(), (body ?? '').trim()];
      });
  });
}

function write(element: Element, names: ReadonlyMap<string, string>, prefix: string, root = false): string {
  const attributes = new Map<string, string>();
  for (const [name, value] of properties(element, () => undefined as never)) {
    if (name === 'href' || name === 'xlink:href') {
      attributes.set('href', `#${prefix}${names.get(value.slice(1))}`);
    } else if (name === 'id') {
      const id = names.get(value);
      if (id !== undefined) attributes.set('id', `${prefix}${id}`);
    } else if (ATTRIBUTES.has(name) && !(root && (name === 'width' || name === 'height'))) {
      const local = /url\(\s*(["']?)#([\w.-]+)\1\s*\)/g;
      attributes.set(
        name,
        value
          .replace(local, (_, _quote, id: string) => `url(#${prefix}${names.get(id)})`)
          .replace(/\s+/g, ' ')
          .trim(),
      );
    }
  }
  if (root) {
    const [width, height] = [number(element, 'width'), number(element, 'height')];
    if (!attributes.has('viewBox')) attributes.set('viewBox', `0 0 ${width} ${height}`);
  }
  const head = [...attributes].map(([name, value]) => ` ${name}='${value}'`).join('');
  const inner = element.children
    .filter(
      (child) => typeof child !== 'string' && !DROPPED.has(child.name) && !NOISE_ELEMENT.test(child.name),
    )
    .map((child) => write(child as Element, names, prefix))
    .join('');
  const open = `${element.name}${root ? ` xmlns='${SVG}'` : ''}${head}`;
  return inner === '' ? `<${open}/>` : `<${open}>${inner}</${element.name}>`;
}

const number = (element: Element, name: string): number =>
  parseFloat(element.attributes.find(([key]) => key === name)?.[1] ?? '') || 100;
