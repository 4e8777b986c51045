import { isTaken } from '../../../services/local/src/suite.ts';

/** Below the range that systems use for outgoing connections, so that none takes a port before its service starts. */
const FIRST = 20_000;
const RANGES = 120;
const RANGE = 100; // ports for the machines of one test process

let next = FIRST + (process.pid % RANGES) * RANGE;

/** The first of so many consecutive free ports. */
export async function portsFrom(count: number): Promise<number> {
  for (;;) {
    const first = next;
    next += count;
    const ports = Array.from({ length: count }, (_, i) => first + i);
    const taken = await Promise.all(ports.map(isTaken));
    if (!taken.includes(true)) return first;
  }
}
