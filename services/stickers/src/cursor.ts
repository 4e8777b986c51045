import { HttpError } from '@sotto/http';

/** The search that a cursor is valid for. */
export interface CursorScope {
  readonly q: string;
  readonly locale: string | undefined;
  readonly packs: readonly string[];
}

const LONGEST = 40; // characters

/**
 * Encodes where the next page starts, as text that is valid for this query only. It contains a number and
 * nothing about the client or the time: the same query and page always have the same cursor.
 */
export function encodeCursor(scope: CursorScope, offset: number): string {
  return `${offset.toString(36)}.${digest(scope, offset)}`;
}

/** @throws {HttpError} `bad-request` for a cursor of another query, or one that no response contained */
export function decodeCursor(scope: CursorScope, cursor: string): number {
  if (cursor.length > LONGEST) throw new HttpError('bad-request');
  const offset = /^([1-9a-z][0-9a-z]{0,4})\./.exec(cursor)?.[1];
  if (offset === undefined) throw new HttpError('bad-request');
  const number = parseInt(offset, 36);
  if (encodeCursor(scope, number) !== cursor) throw new HttpError('bad-request');
  return number;
}

/**
 * Two runs of FNV-1a, which detect mistakes. A forged cursor only gives a page that its client could request
 * anyway.
 */
function digest({ q, locale, packs }: CursorScope, offset: number): string {
  const text = JSON.stringify([q, locale ?? null, [...packs].toSorted(), offset]);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x01000197);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}
