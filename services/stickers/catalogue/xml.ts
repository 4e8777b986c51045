/** An element of a drawing, as much of XML as drawings need. */
export interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly children: (Element | string)[];
  readonly line: number; // from 1
}

/** What is wrong with an operator's file, and where. */
export class PackError extends Error {
  readonly file: string;
  readonly line: number; // from 1; 0 where no line is to blame

  constructor(file: string, line: number, message: string) {
    super(line > 0 ? `${file}:${line}: ${message}` : `${file}: ${message}`);
    this.name = 'PackError';
    this.file = file;
    this.line = line;
  }
}

const NAME = /[A-Za-z_][\w:.-]*/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const DEEPEST = 64;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Parses the part of XML that a drawing needs and refuses the rest: no document type, no entity but the
 * five of XML, no CDATA, no processing instruction but the declaration.
 *
 * @throws {PackError} with the line
 */
export function parseXml(text: string, file: string): Element {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  const fail: (message: string, where?: number) => never = (message, where = at) => {
    throw new PackError(file, text.slice(0, where).split('\n').length, message);
  };
  const decode = (value: string, where: number): string =>
    value.replace(/&([^;\s]*;?)/g, (whole, body: string) => {
      const named = body.endsWith(';') ? ENTITIES[body.slice(0, -1)] : undefined;
      if (named !== undefined) return named;
      const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}));$/i.exec(body);
      const point = code === null ? NaN : parseInt(code[1] ?? code[2] ?? '', code[1] === undefined ? 10 : 16);
      if (!(point >= 0x20 && point <= 0x10ffff)) fail(`entity ${whole} is not allowed`, where);
      return String.fromCodePoint(point);
    });
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const skip = (end: string, what: string): void => {
    const close = text.indexOf(end, at);
    if (close < 0) fail(`${what} is not closed`);
    at = close + end.length;
  };
  let line = 1;
  let counted = 0;
  const lineHere = (): number => {
    for (; counted < at; counted++) if (text.charCodeAt(counted) === 10) line++;
    return line;
  };

  const roots: Element[] = [];
  const open: Element[] = [];
  if (/^<\?xml\s/.test(text.slice(at, at + 6))) skip('?>', 'the XML declaration');
  while (at < text.length) {
    const parent = open.at(-1);
    if (text[at] !== '<') {
      const next = text.indexOf('<', at);
      const end = next < 0 ? text.length : next;
      const words = decode(text.slice(at, end), at);
      if (parent === undefined && words.trim() !== '') fail('text outside the drawing');
      if (parent !== undefined) parent.children.push(words);
      at = end;
    } else if (text.startsWith('<!--', at)) {
      skip('-->', 'a comment');
    } else if (text.startsWith('<!', at)) {
      fail('document types and CDATA are not allowed');
    } else if (text.startsWith('<?', at)) {
      fail('processing instructions are not allowed');
    } else if (text.startsWith('</', at)) {
      at += 2;
      const name = match(NAME)?.[0] ?? '';
      if (parent === undefined || parent.name !== name) fail(`</${name}> closes nothing`);
      if (match(/\s*>/y) === null) fail(`</${name} is not closed`);
      open.pop();
    } else {
      const started = lineHere();
      at += 1;
      const name = match(NAME)?.[0] ?? fail('a "<" that starts no element');
      const attributes: [string, string][] = [];
      for (let found = match(ATTRIBUTE); found !== null; found = match(ATTRIBUTE)) {
        const key = found[1] ?? '';
        if (attributes.some(([other]) => other === key)) fail(`${key} stands twice`);
        attributes.push([key, decode(found[2] ?? found[3] ?? '', at - 1)]);
      }
      const end = match(/\s*(\/?)>/y) ?? fail(`<${name}> is not well-formed`);
      const element: Element = { name, attributes, children: [], line: started };
      if (parent === undefined) roots.push(element);
      else parent.children.push(element);
      if (end[1] === '') open.push(element);
      if (open.length > DEEPEST) fail(`nested deeper than ${DEEPEST}`);
    }
  }
  const [root, second] = roots;
  if (open.length > 0) fail(`<${open.at(-1)?.name}> is not closed`);
  if (root === undefined || second !== undefined) return fail('not one drawing');
  return root;
}
