import { PackError } from './xml.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON document that knows on which line each of its objects begins. */
export interface Located {
  readonly value: Json;
  readonly lineOf: (object: Json) => number; // from 1; 0 for what is no object
}

// oxlint-disable-next-line no-control-regex
const TOKEN =
  /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const DEEPEST = 32;

/**
 * Parses JSON (RFC 8259); a name that stands twice in one object is refused.
 *
 * @throws {PackError} with the line
 */
export function parseLocated(text: string, file: string): Located {
  const lines = new Map<Json, number>();
  let at = 0;
  const fail = (message: string): never => {
    throw new PackError(file, text.slice(0, at).split('\n').length, message);
  };
  const next = (): string => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) {
      at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
      return at >= text.length ? fail('ends too early') : fail('not JSON');
    }
    at = TOKEN.lastIndex;
    return found[1] ?? found[2] ?? found[3] ?? '';
  };
  const read = (token: string, depth: number): Json => {
    if (depth > DEEPEST) fail('nested too deep');
    if (token === '{') {
      const object: Record<string, Json> = Object.create(null) as Record<string, Json>;
      lines.set(object, text.slice(0, at).split('\n').length);
      let key = next();
      if (key === '}') return object;
      for (;;) {
        if (!key.startsWith('"')) fail('a name in quotes is missing');
        const name = string(key);
        if (Object.hasOwn(object, name)) fail(`"${name}" stands twice`);
        if (next() !== ':') fail('":" is missing');
        object[name] = read(next(), depth + 1);
        const after = next();
        if (after === '}') return object;
        if (after !== ',') fail('"," or "}" is missing');
        key = next();
      }
    }
    if (token === '[') {
      const list: Json[] = [];
      let item = next();
      if (item === ']') return list;
      for (;;) {
        list.push(read(item, depth + 1));
        const after = next();
        if (after === ']') return list;
        if (after !== ',') fail('"," or "]" is missing');
        item = next();
      }
    }
    return token.startsWith('"') ? string(token) : scalar(token);
  };
  const string = (token: string): string => {
    try {
      return JSON.parse(token) as string;
    } catch {
      return fail('not a JSON string');
    }
  };
  const scalar = (token: string): Json =>
    /^[-\dtfn]/.test(token) ? (JSON.parse(token) as Json) : fail('a value is missing');
  const value = read(next(), 0);
  if (text.slice(at).trim() !== '') fail('something stands after the end');
  return { value, lineOf: (object) => lines.get(object) ?? 0 };
}
