import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy that forwards bytes and records both directions. */
export interface Recorder {
  readonly url: string;
  /** All bytes from the callers. */
  received(): Buffer;
  /** All bytes to the callers. */
  returned(): Buffer;
  close(): void;
}

export async function recorder(target: string): Promise<Recorder> {
  const { hostname, port } = new URL(target);
  const up: Buffer[] = [];
  const down: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((caller) => {
    const callee = connect(Number(port), hostname);
    for (const [socket, other, record] of [
      [caller, callee, up],
      [callee, caller, down],
    ] as const) {
      sockets.add(socket);
      socket.on('data', (chunk: Buffer) => record.push(chunk));
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => Buffer.concat(up),
    returned: () => Buffer.concat(down),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
