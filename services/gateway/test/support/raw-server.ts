import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A server on raw TCP: it records the bytes of requests and responds with any bytes. */
export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** Requests whose head and declared body arrived, as they were on the wire. */
  readonly requests: string[];
  connections(): number;
  close(): Promise<void>;
}

/** @param answer - called once a whole request has arrived */
export async function rawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (data) => {
      received += data.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: *([0-9]+)/i.exec(received.slice(0, end))?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      requests.push(received);
      const request = received;
      received = '';
      answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A complete response with this head and body, then the end. */
export function raw(head: readonly string[], body = ''): (socket: Socket) => void {
  return (socket) => socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

export const ok = (headers: readonly string[], body: string): ((socket: Socket) => void) =>
  raw(['HTTP/1.1 200 OK', ...headers, `content-length: ${body.length}`, 'connection: close'], body);
