import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { HttpReader, type WireMessage } from './http-reader.ts';

const LARGE_CHUNK = 16 * 1024; // bytes; requests of our clients are shorter
const PAUSE_MS = 5;
const LINGER_MS = 1000; // time for a client to notice that its upload was refused

/** A request, and the address that the connection came from. */
export interface TcpRequest extends WireMessage {
  readonly address: string;
}

export interface TcpTap {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A loopback proxy that forwards every byte unchanged and reports the requests that it forwards.
 *
 * @param port - where to listen; 0 for any free port
 */
export async function tcpTap(
  port: number,
  target: { readonly host: string; readonly port: number },
  onRequest: (request: TcpRequest) => void,
): Promise<TcpTap> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (down) => {
    const up = connect({ ...target, allowHalfOpen: true });
    const paced = pacedUpload();
    const address = `${down.remoteAddress ?? 'unknown'} port ${down.remotePort ?? 0}`;
    const reader = new HttpReader((message) => onRequest({ ...message, address }));
    for (const socket of [down, up]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {}); // 'close' follows
      socket.on('close', () => sockets.delete(socket));
    }
    down.on('data', (chunk: Buffer) => reader.push(chunk));
    down.on('close', () => up.destroy());
    up.once('end', () => up.destroy());
    up.once('close', () => flushAndClose(down));
    up.pipe(down);
    down.pipe(paced).pipe(up);
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

/**
 * Closes a connection whose target is gone after the target's last bytes have arrived. Closing at once, with bytes of an
 * upload unread, would reset the connection and lose them (RFC 9112 §9.6).
 */
function flushAndClose(down: Socket): void {
  down.unpipe();
  down.resume();
  down.end(() => {
    const timer = setTimeout(() => down.destroy(), LINGER_MS);
    down.once('close', () => clearTimeout(timer));
  });
}

/**
 * Forwards a large upload in chunks, with pauses in which the target can refuse it. A write to a connection that the
 * target has reset fails and discards the response that was not read yet.
 */
function pacedUpload(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (chunk.length < LARGE_CHUNK) done(null, chunk);
      else setTimeout(() => setImmediate(done, null, chunk), PAUSE_MS); // after the reads of this turn of the event loop
    },
  });
}
