/**
 * Limits on SVG artwork from a pack or a service. An image cannot run scripts or fetch anything, but the browser
 * draws it on the page's main thread, and 1.5 KB of nested references can take minutes there.
 */
const MAX_LENGTH = 65_536; // characters
const MAX_COST = 4000; // elements after all references are expanded
const MAX_DEPTH = 32; // nested elements and references
const FILTER_COST = 150; // a filter primitive touches every pixel
const DASH_COST = 400; // a dash pattern can cut a path into very many strokes

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));
/** Shapes, paint and references. Everything else can animate, load, or cost without limit. */
const ELEMENTS = names(
  'svg g defs symbol use path circle ellipse rect line polyline polygon linearGradient radialGradient stop clipPath mask pattern filter feGaussianBlur feOffset feBlend feColorMatrix feFlood feComposite feMerge feMergeNode title desc metadata',
);
const FUNCTIONS = names('matrix translate scale rotate skewX skewY rgb rgba hsl hsla url');

const TOKEN =
  /(?<text>[^<]+)|<!--[^]*?-->|<\?xml\s[^?>]*\?>|<\/(?<end>[\w.:-]+)\s*>|<(?<start>[\w.:-]+)(?<attributes>(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>/y;

interface Node {
  readonly name: string;
  readonly ids: readonly string[]; // ids of elements that this one refers to
  readonly weight: number;
  readonly children: Node[];
}

/** Whether a browser draws this SVG in a short time. Cyclic references count as harmful. */
export function isHarmlessSvg(text: string): boolean {
  if (text.length > MAX_LENGTH || !text.isWellFormed() || /[\\\0]|&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) {
    return false;
  }
  const byId = new Map<string, Node>();
  const root = parse(text, byId);
  return root !== null && costOf(root, byId, new Map(), 0) <= MAX_COST;
}

/** Parses the subset of XML that artwork uses. Returns null for anything outside it. */
function parse(text: string, byId: Map<string, Node>): Node | null {
  const top: Node = { name: '', ids: [], weight: 0, children: [] };
  const open = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const { text: content, end, start, attributes = '', empty } = TOKEN.exec(text)?.groups ?? NO_TOKEN;
    if (end !== undefined) {
      if (open.length < 2 || open.pop()?.name !== end) return null;
    } else if (start !== undefined) {
      const node = readElement(start, attributes, byId);
      if (node === null) return null;
      open.at(-1)?.children.push(node);
      if (empty === '') open.push(node);
      if (open.length > MAX_DEPTH) return null;
    } else if (content === undefined && TOKEN.lastIndex === 0) return null;
  }
  const [root, ...others] = top.children;
  return open.length === 1 && others.length === 0 && root?.name === 'svg' ? root : null;
}

const NO_TOKEN: Record<string, string | undefined> = {};

function readElement(name: string, attributes: string, byId: Map<string, Node>): Node | null {
  if (!ELEMENTS.has(name)) return null;
  const ids: string[] = [];
  let weight = name.startsWith('fe') ? FILTER_COST : 1;
  const node = { name, ids, weight, children: [] };
  for (const [, key = '', double, single] of attributes.matchAll(
    /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
  )) {
    const value = double ?? single ?? '';
    if (/^on/i.test(key)) return null;
    if (key === 'id') byId.set(value, node);
    if (key === 'href' || key === 'xlink:href') {
      if (!value.startsWith('#')) return null;
      ids.push(value.slice(1));
    }
    if (/dasharray/.test(key + value)) node.weight = weight += DASH_COST;
    for (const [, call = '', target = ''] of value.matchAll(/([\w-]+)\s*\(\s*([^)]*)/g)) {
      if (!FUNCTIONS.has(call)) return null;
      if (call === 'url') ids.push(target.replace(/^["']?#|["']?\s*$/g, ''));
    }
  }
  return node;
}

/** The number of elements that are drawn for a node, each counted as often as it is referred to. */
function costOf(
  node: Node,
  byId: ReadonlyMap<string, Node>,
  known: Map<Node, number>,
  depth: number,
): number {
  const before = known.get(node);
  if (before !== undefined) return before;
  if (depth > MAX_DEPTH) return Infinity;
  known.set(node, Infinity); // until it is known: a reference back to this node is a cycle
  const targets = node.ids.flatMap((id) => byId.get(id) ?? []);
  const cost = [...node.children, ...targets].reduce(
    (sum, next) => sum + costOf(next, byId, known, depth + 1),
    node.weight,
  );
  known.set(node, cost);
  return cost;
}
