import { SaxesParser } from 'saxes';
import { PackError } from './error.ts';

/** An element of an SVG. */
export interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly children: (Element | string)[];
  readonly line: number; // from 1
}

const MAX_DEPTH = 64;

/**
 * Parses the part of XML that an SVG needs: elements, attributes, text. It refuses document types (and so
 * every entity except the five of XML), CDATA, processing instructions and everything that is not
 * well-formed.
 *
 * @throws {PackError} with the line
 */
export function parseXml(text: string, file: string): Element {
  const parser = new SaxesParser();
  const open: Element[] = [];
  let root: Element | null = null;
  const refuse = (message: string): never => {
    throw new PackError(file, parser.line, message);
  };
  parser.on('error', ({ message }) => refuse(message.replace(/^\d+:\d+: /, '')));
  parser.on('doctype', () => refuse('a document type is not allowed'));
  parser.on('cdata', () => refuse('a CDATA section is not allowed'));
  parser.on('processinginstruction', () => refuse('a processing instruction is not allowed'));
  parser.on('text', (words) => void open.at(-1)?.children.push(words));
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = {
      name,
      attributes: Object.entries(attributes),
      children: [],
      line: parser.line,
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    if (open.push(element) > MAX_DEPTH) refuse(`elements are nested deeper than ${MAX_DEPTH}`);
  });
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  return root ?? refuse('there is no element');
}
