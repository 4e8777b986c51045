import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { HttpReader, type PassedMessage } from './http-reader.ts';

const PIECE = 16 * 1024; // bytes at once; no request of a client of ours has as many
const PAUSE = 5; // milliseconds
const LINGER = 1000; // milliseconds in which a client may notice that its upload is over

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
  const server: Server = createServer({ allowHalfOpen: true }, (down) => {
    const up = connect({ ...target, allowHalfOpen: true });
    const paced = unhurried();
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
    up.once('close', () => lastWords(down));
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
 * Ends a connection whose target is gone, so that what the target said last still arrives: with bytes of an upload left
 * unread, closing at once would reset the connection and lose it (RFC 9112 §9.6).
 */
function lastWords(down: Socket): void {
  down.unpipe();
  down.resume();
  down.end(() => {
    const timer = setTimeout(() => down.destroy(), LINGER);
    down.once('close', () => clearTimeout(timer));
  });
}

/**
 * Passes on a large upload piece by piece, with a pause in which the target may refuse it: a write to a connection that
 * the target has reset fails, and takes with it what the target said and was not read yet.
 */
function unhurried(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (chunk.length < PIECE) done(null, chunk);
      else setTimeout(() => setImmediate(done, null, chunk), PAUSE); // a write right after the reads of a turn
    },
  });
}
