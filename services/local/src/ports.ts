import { createServer } from 'node:net';

/** Below the range that systems use for outgoing connections, so that none takes a port before its service starts. */
const FIRST_PORT = 10_000;
const PORT_RANGES = 220;
const PORT_RANGE = 100; // ports for one process; one that needs more goes on in the next range
const END = FIRST_PORT + PORT_RANGES * PORT_RANGE;

let next = FIRST_PORT + (process.pid % PORT_RANGES) * PORT_RANGE;

/** The first of so many consecutive free ports. Default: those of a whole suite, and one more. */
export async function freePorts(count = 7): Promise<number> {
  for (;;) {
    if (next + count > END) next = FIRST_PORT;
    const first = next;
    next += count;
    const taken = await Promise.all(Array.from({ length: count }, (_, i) => isTaken(first + i)));
    if (!taken.includes(true)) return first;
  }
}

/** Whether something listens on this loopback port. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
