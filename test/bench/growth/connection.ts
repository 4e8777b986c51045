import { connect, type Socket } from 'node:net';

const HEAD = 4096; // bytes that the head of a response fits into
const BUFFER = 64 * 1024;

/** A connection over which the same request is sent again and again. It reads responses without a parser and without keeping them. */
export class LoadConnection {
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
