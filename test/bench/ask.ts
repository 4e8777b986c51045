import { Agent, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A message with its whole body. */
export interface Answer {
  readonly message: IncomingMessage;
  readonly body: Uint8Array<ArrayBuffer>;
}

const CONNECTIONS = new Agent({ keepAlive: true });

/** One exchange over a connection that is kept, with these header fields and no others, of which `fetch` adds some. */
export async function ask(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders,
  body: Uint8Array,
): Promise<Answer> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method, headers, agent: CONNECTIONS }, resolve);
    sent.once('error', reject).end(body);
  });
  return { message, body: await wholeOf(message) };
}

export const wholeOf = async (message: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await buffer(message));
