import { connect, type Socket } from 'node:net';
import { decodeResponse } from '@sotto/bhttp';
import type { Envelope } from '../../support/raw-exchange.ts';
import { ask } from '../ask.ts';

const AT_ONCE = 16; // connections, each with one request
const HEAD = 4096; // bytes that the head of a response fits into
const BUFFER = 64 * 1024;

/** Where the same request is sent again and again. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly envelope: Envelope;
}

/** Checks what a target responds. */
export async function checkResponse({ url, headers, envelope: { bytes, open } }: Target): Promise<void> {
  const { message, body } = await ask(url, 'POST', { ...headers, 'content-length': bytes.length }, bytes);
  if (message.statusCode !== 200)
    throw new Error(`${url}: ${message.statusCode} ${new TextDecoder().decode(body)}`);
  const inner = decodeResponse(await open(body));
  if (inner.status !== 200) throw new Error(`${url}: a search got ${inner.status}`);
}

/** So many requests over new connections, one at a time over each, as many connections to each target. */
export async function requests(targets: readonly Target[], count: number): Promise<void> {
  const connections = Array.from({ length: AT_ONCE }, (_, i) => {
    const { url, headers, envelope } = targets[i % targets.length] as Target;
    return new LoadConnection(url, headers, envelope.bytes);
  });
  let left = count;
  const work = async (connection: LoadConnection): Promise<void> => {
    while (left-- > 0) await connection.send();
  };
  await Promise.all(connections.map(work)).finally(() => {
    for (const connection of connections) connection.close();
  });
}

/** A connection over which the same request is sent again and again. It reads responses without a parser and without keeping them. */
class LoadConnection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  #missing = 0; // bytes of a response that has begun
  #done: ((error?: Error) => void) | null = null;

  constructor(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array) {
    const { hostname, port, host, pathname } = new URL(url);
    const fields = Object.entries({ host, ...headers, 'content-length': `${body.length}` });
    const lines = [`POST ${pathname} HTTP/1.1`, ...fields.map((field) => field.join(': ')), '', ''];
    this.#request = Buffer.concat([Buffer.from(lines.join('\r\n')), body]);
    const callback = (length: number, buffer: Uint8Array): boolean => {
      this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    };
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      onread: { buffer: Buffer.alloc(BUFFER), callback },
    });
    this.#socket.once('close', () => this.#end(new Error(`${url}: the connection was closed`)));
    this.#socket.on('error', () => {}); // it closes then
  }

  /** Resolves when a response with status 200 is complete. */
  send(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#done = (error) => (error === undefined ? resolve() : reject(error));
      if (this.#socket.destroyed) this.#end(new Error('the connection was closed'));
      else this.#socket.write(this.#request);
    });
  }

  #read(piece: Buffer): void {
    const isHead = this.#missing === 0;
    if (isHead) {
      const head = piece.toString('latin1', 0, HEAD);
      const end = head.indexOf('\r\n\r\n') + 4;
      const length = /^HTTP\/1\.1 200 .*\r\ncontent-length: (\d+)\r\n/is.exec(head.slice(0, end))?.[1];
      if (length === undefined) return this.#end(new Error(`not a response: ${head.slice(0, end)}`));
      this.#missing = end + Number(length);
    }
    this.#missing -= piece.length;
    if (this.#missing <= 0) this.#end();
  }

  #end(error?: Error): void {
    const done = this.#done;
    this.#done = null;
    done?.(error);
  }

  close(): void {
    this.#socket.destroy();
  }
}
