import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const COPY_MS = 40; // between a chunk and its duplicate
const NOTICE_MS = 30; // until a process on this machine has noticed that its peer closed a connection

type Direction = 'up' | 'down';

/** The faults of a proxy. A test may change them while the proxy runs, for new connections. */
export interface Faults {
  /** Milliseconds before each chunk, in both directions. */
  latencyMs?: number;
  /** Forwards one byte at a time, with this many milliseconds between bytes. */
  dribble?: { direction: Direction; everyMs: number };
  /** Forwards this many bytes and then breaks the connection on both sides. */
  cut?: { direction: Direction; afterBytes: number; how: 'rst' | 'fin' };
  /** Resets a connection as soon as it is made. */
  refuse?: boolean;
  /** Accepts everything and forwards nothing. */
  blackhole?: boolean;
  /** Responds with these bytes to the first chunk, without the target. The connection stays open. */
  respond?: string;
  /** Sends everything to the target a second time, over another connection whose response is dropped. */
  duplicate?: boolean;
  /** Holds a connection's first chunk until another connection has sent its own, or this many milliseconds passed. */
  reorderMs?: number;
}

export interface FaultProxy {
  readonly url: string;
  readonly port: number;
  faults: Faults;
  /** Connections made so far, and those still open on the near side. */
  readonly connections: number;
  readonly open: number;
  /** Bytes forwarded so far in each direction. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Destroys all connections, so that the next request makes a new one; resolves when their owners know. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy to a loopback port that injects faults. */
export async function faultProxy(targetPort: number, faults: Faults = {}): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  const turns = new Turns();
  let connections = 0;
  let open = 0;

  const toTarget = (): Socket => {
    const far = connect(targetPort, '127.0.0.1');
    track(far, sockets);
    return far;
  };
  const server = createServer((near) => {
    connections++;
    open++;
    track(near, sockets);
    near.once('close', () => open--);
    const { refuse, blackhole, respond, duplicate } = proxy.faults;
    if (refuse) {
      near.resetAndDestroy();
      return;
    }
    if (blackhole) {
      near.resume();
      return;
    }
    if (respond !== undefined) {
      near.once('data', () => near.write(respond, 'latin1'));
      near.resume();
      return;
    }
    const far = toTarget();
    const copy = duplicate ? toTarget().resume() : null;
    const sendAgain = async (chunk: Buffer): Promise<void> => {
      await sleep(COPY_MS); // the original arrives first
      if (copy?.destroyed === false) copy.write(chunk);
    };
    if (duplicate) {
      near.on('data', (chunk: Buffer) => void sendAgain(chunk));
    }
    pass(near, far, 'up', proxy.faults, bytes, turns);
    pass(far, near, 'down', proxy.faults, bytes, turns);
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
    async drop() {
      for (const socket of sockets) socket.destroy();
      await sleep(NOTICE_MS);
    },
    async close() {
      await proxy.drop();
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

/** Lets the second of two connections pass before the first. */
class Turns {
  #first: (() => void) | null = null;

  async next(ms: number): Promise<void> {
    if (this.#first !== null) {
      const release = this.#first;
      this.#first = null;
      setImmediate(release);
      return;
    }
    const released = new Promise<void>((resolve) => (this.#first = resolve));
    await Promise.race([released, sleep(ms)]);
    this.#first = null;
  }
}

/** Forwards one direction in order, until its end or its fault. */
function pass(
  from: Socket,
  to: Socket,
  direction: Direction,
  faults: Faults,
  bytes: Record<Direction, number>,
  turns: Turns,
): void {
  const { latencyMs = 0, dribble, cut, reorderMs = 0 } = faults;
  const limit = cut?.direction === direction ? cut.afterBytes : Number.POSITIVE_INFINITY;
  let passed = 0;
  const write = (chunk: Uint8Array): void => {
    if (to.destroyed) return;
    to.write(chunk);
    passed += chunk.length;
    bytes[direction] += chunk.length;
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
        if (reorderMs > 0 && direction === 'up' && passed === 0) await turns.next(reorderMs);
        if (latencyMs > 0) await sleep(latencyMs);
        const rest = chunk.subarray(0, Math.max(0, limit - passed));
        if (dribble?.direction === direction) {
          for (const byte of rest) {
            if (to.destroyed) return;
            write(Uint8Array.of(byte));
            await sleep(dribble.everyMs);
          }
        } else {
          write(rest);
        }
        if (passed >= limit) return breakOff();
      }
      to.end();
    } catch {
      to.destroy();
    }
  })();
}
