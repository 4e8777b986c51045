import { connect, type Socket } from 'node:net';

/** A TCP connection to a server under test, for bytes that no HTTP client would send. */
export interface RawConnection {
  readonly socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** All bytes received so far, one character per byte. */
  readonly received: string;
  /** Resolves when the received text satisfies the condition, the connection closes, or the time is over. */
  until(satisfied: (text: string) => boolean, ms?: number): Promise<string>;
  /** Resolves to whether the connection closed within the time. */
  closed(ms?: number): Promise<boolean>;
  destroy(): void;
}

/** Milliseconds that a wait for an event takes at most, unless a test says otherwise: a busy machine takes many seconds. */
const MOST_MS = 60_000;

export function rawConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  let isClosed = false;
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
    isClosed = true;
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
    async until(satisfied, ms = MOST_MS) {
      await wait(() => isClosed || satisfied(received), ms);
      return received;
    },
    async closed(ms = MOST_MS) {
      await wait(() => isClosed, ms);
      return isClosed;
    },
    destroy: () => void socket.destroy(),
  };
}

/** Whether the text contains one complete HTTP response with a Content-Length. */
export function wholeResponse(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 1))?.[1];
  return end >= 0 && text.length >= end + 4 + Number(length ?? 0);
}

/** Sends bytes over a new connection and returns what it receives up to one complete response, or the close. */
export async function rawExchange(url: string, bytes: string | Uint8Array, ms = MOST_MS): Promise<string> {
  const connection = rawConnection(url);
  connection.write(bytes);
  const text = await connection.until(wholeResponse, ms);
  connection.destroy();
  return text;
}
