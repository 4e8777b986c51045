import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

type Direction = 'up' | 'down';

/** What goes wrong on the way; each may be changed while the proxy runs, for connections to come. */
export interface Faults {
  /** Before each piece, both ways, in milliseconds. */
  latencyMs?: number;
  /** One byte at a time, so many milliseconds apart. */
  dribble?: { direction: Direction; everyMs: number };
  /** Passes so many bytes on and then breaks the connection, both ends of it. */
  cut?: { direction: Direction; afterBytes: number; how: 'rst' | 'fin' };
  /** Resets a connection as soon as it is made. */
  refuse?: boolean;
  /** Takes everything and passes nothing on. */
  blackhole?: boolean;
}

export interface FaultProxy {
  readonly url: string;
  readonly port: number;
  faults: Faults;
  /** Connections that were made so far, and those still open on the near side. */
  readonly connections: number;
  readonly open: number;
  /** Bytes passed on so far, to the target and back. */
  readonly bytes: Readonly<Record<Direction, number>>;
  close(): Promise<void>;
}

/** A TCP proxy to a loopback port that does harm on purpose. */
export async function faultProxy(targetPort: number, faults: Faults = {}): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  let connections = 0;
  let open = 0;

  const server = createServer((near) => {
    connections++;
    open++;
    track(near, sockets);
    near.once('close', () => open--);
    const { refuse, blackhole } = proxy.faults;
    if (refuse) {
      near.resetAndDestroy();
      return;
    }
    if (blackhole) {
      near.resume();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    track(far, sockets);
    pass(near, far, 'up', proxy.faults, bytes);
    pass(far, near, 'down', proxy.faults, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    get connections() {
      return connections;
    },
    get open() {
      return open;
    },
    bytes,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.once('close', () => sockets.delete(socket));
}

/** Passes one direction on, in order, until its end or its fault. */
function pass(
  from: Socket,
  to: Socket,
  direction: Direction,
  faults: Faults,
  bytes: Record<Direction, number>,
): void {
  const { latencyMs = 0, dribble, cut } = faults;
  const limit = cut?.direction === direction ? cut.afterBytes : Number.POSITIVE_INFINITY;
  let passed = 0;
  const write = (piece: Uint8Array): void => {
    if (to.destroyed) return;
    to.write(piece);
    passed += piece.length;
    bytes[direction] += piece.length;
  };
  const breakOff = (): void => {
    for (const socket of [from, to]) {
      if (cut?.how === 'rst') socket.resetAndDestroy();
      else socket.destroySoon();
    }
  };
  void (async () => {
    try {
      for await (const chunk of from as AsyncIterable<Uint8Array>) {
        if (latencyMs > 0) await sleep(latencyMs);
        const piece = chunk.subarray(0, Math.max(0, limit - passed));
        if (dribble?.direction === direction) {
          for (const byte of piece) {
            if (to.destroyed) return;
            write(Uint8Array.of(byte));
            await sleep(dribble.everyMs);
          }
        } else {
          write(piece);
        }
        if (passed >= limit) return breakOff();
      }
      to.end();
    } catch {
      to.destroy();
    }
  })();
}
