import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { HttpReader, type PassedMessage } from './http-reader.ts';

/** A request that passed, and where the connection came from. */
export interface PassedRequest extends PassedMessage {
  readonly address: string;
}

export interface TcpTap {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A proxy on the loopback that passes every byte on as it is and shows the requests that it saw pass.
 *
 * @param port - where to listen; 0 for any free one
 */
export async function tcpTap(
  port: number,
  target: { readonly host: string; readonly port: number },
  onRequest: (request: PassedRequest) => void,
): Promise<TcpTap> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((down) => {
    const up = connect(target.port, target.host);
    const address = `${down.remoteAddress ?? 'unknown'} port ${down.remotePort ?? 0}`;
    const reader = new HttpReader((message) => onRequest({ ...message, address }));
    for (const [socket, other] of [
      [down, up],
      [up, down],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    down.on('data', (chunk: Buffer) => reader.push(chunk));
    down.pipe(up).pipe(down);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
