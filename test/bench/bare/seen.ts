import type { IncomingMessage } from 'node:http';
import { ask } from '../ask.ts';

/** A message as it can be seen from outside. */
export interface Seen {
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

const OK = 200;

/** The whole response of `fetch`. @throws {Error} unless its status is 200 */
export async function fetched(url: string, init: RequestInit): Promise<Seen> {
  const response = await fetch(url, init);
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== OK) throw new Error(`${url}: HTTP ${response.status}`);
  return { headers: response.headers, body };
}

/** The response to a body that is posted with these header fields and no others. @throws {Error} unless its status is 200 */
export async function posted(
  url: string,
  fields: Readonly<Record<string, string>>,
  content: Uint8Array,
): Promise<Seen> {
  const headers = { ...fields, 'content-length': content.length };
  const { message, body } = await ask(url, 'POST', headers, content);
  if (message.statusCode !== OK) throw new Error(`${url}: HTTP ${message.statusCode}`);
  return { headers: headersOf(message), body };
}

export function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}

/** The header fields and the length of a message in one line, without the host and the date. */
function shapeOf({ headers, body }: Seen): string {
  const fields = [...headers].filter(([name]) => name !== 'host' && name !== 'date');
  return [...fields.map(([name, value]) => `${name}: ${value}`), `${body.length} bytes`].join('; ');
}

/** @throws {Error} if a message of the bare suite has another length or other header fields than ours of the same name */
export function requireSame(
  ours: Readonly<Record<string, Seen>>,
  bare: Readonly<Record<string, Seen>>,
): void {
  for (const [name, seen] of Object.entries(ours)) {
    const [expected, got] = [shapeOf(seen), bare[name] && shapeOf(bare[name])];
    if (got !== expected) throw new Error(`the bare ${name} is not like ours: ${got}, and ours ${expected}`);
  }
}
