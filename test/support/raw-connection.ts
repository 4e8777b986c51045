import { connect, type Socket } from 'node:net';

/** A TCP connection to a server under test, for bytes that no HTTP client would send. */
export interface RawConnection {
  readonly socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** All that came so far, one char a byte. */
  readonly received: string;
  /** Resolves once the text so far satisfies, or the connection closed, or so many milliseconds passed. */
  until(satisfied: (text: string) => boolean, ms?: number): Promise<string>;
  /** Resolves when the connection is closed: whether it did within so many milliseconds. */
  closed(ms?: number): Promise<boolean>;
  destroy(): void;
}

export function rawConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  let over = false;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    changed();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    over = true;
    changed();
  });
  const wait = (done: () => boolean, ms: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        listeners.delete(check);
        resolve();
      };
      const check = (): void => {
        if (done()) finish();
      };
      const timer = setTimeout(finish, ms);
      listeners.add(check);
      check();
    });
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    get received() {
      return received;
    },
    async until(satisfied, ms = 5000) {
      await wait(() => over || satisfied(received), ms);
      return received;
    },
    async closed(ms = 5000) {
      await wait(() => over, ms);
      return over;
    },
    destroy: () => void socket.destroy(),
  };
}

/** Whether the text holds one whole HTTP response with a Content-Length. */
export function wholeResponse(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 1))?.[1];
  return end >= 0 && text.length >= end + 4 + Number(length ?? 0);
}

/** Sends bytes over a fresh connection and gives all that comes back until one whole response, or the close. */
export async function rawExchange(url: string, bytes: string | Uint8Array, ms = 5000): Promise<string> {
  const connection = rawConnection(url);
  connection.write(bytes);
  const text = await connection.until(wholeResponse, ms);
  connection.destroy();
  return text;
}
