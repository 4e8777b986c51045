import { type Node, parseTree, type ParseError, printParseErrorCode } from 'jsonc-parser';
import { PackError } from './error.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON document, with the line on which each of its objects begins. */
export interface LocatedJson {
  readonly value: Json;
  readonly lineOf: (object: Json) => number; // from 1; 0 for a value that is not an object
}

const MAX_DEPTH = 32;

/**
 * Parses JSON (RFC 8259). Comments, trailing commas and duplicate names in an object are refused.
 *
 * @throws {PackError} with the line
 */
export function parseLocated(text: string, file: string): LocatedJson {
  const refuse = (offset: number, message: string): never => {
    throw new PackError(file, text.slice(0, offset).split('\n').length, message);
  };
  if (deepest(text) > MAX_DEPTH) refuse(0, `values are nested deeper than ${MAX_DEPTH}`);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined) refuse(error.offset, `not JSON: ${printParseErrorCode(error.error)}`);
  if (root === undefined) return refuse(0, 'not JSON: the file is empty');
  const lines = new Map<Json, number>();
  const read = (node: Node): Json => {
    const children = node.children ?? [];
    if (node.type === 'array') return children.map(read);
    if (node.type !== 'object') return node.value as Json;
    const object = Object.create(null) as Record<string, Json>;
    lines.set(object, text.slice(0, node.offset).split('\n').length);
    for (const { offset, children: [key, value] = [] } of children) {
      const name = key?.value as string;
      if (Object.hasOwn(object, name)) refuse(offset, `"${name}" stands twice`);
      if (value !== undefined) object[name] = read(value);
    }
    return object;
  };
  return { value: read(root), lineOf: (object) => lines.get(object) ?? 0 };
}

/** The depth of nested brackets outside of strings. It is checked first, because the parser is recursive. */
function deepest(text: string): number {
  let [depth, most] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g)) {
    if (token === '[' || token === '{') most = Math.max(most, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return most;
}
