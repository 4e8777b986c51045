import { probe } from '../../src/commands/probe.ts';
import { plainIo } from './io.ts';
import { GATEWAY, deployment, NOW, RELAY, ROOT, TARGET, type Faults } from './deployment.ts';

export const ALL = ['--relay', RELAY, '--gateway', GATEWAY, '--root', ROOT, '--target', TARGET];

/** The gateway alone, with OPEN: no relay is probed. */
export const GATEWAY_ALONE = ['--gateway', GATEWAY, '--target', TARGET];

/** A gateway that accepts envelopes without a relay's credential. */
export const OPEN: Faults = {
  gateway: (request, honest) => {
    request.headers.set('authorization', 'Bearer the-credential');
    return honest();
  },
};

/** One line of `sotto probe --json`. */
export interface Said {
  readonly id: string;
  readonly class: number;
  readonly level: string;
  readonly result: string;
  readonly detail: string;
}

/** Probes a deployment with these faults. Returns the printed lines. */
export async function printed(faults: Faults, argv: readonly string[]) {
  const { fetch, requests, clock } = await deployment(faults);
  const lines: string[] = [];
  const waits: number[] = [];
  const io = plainIo(fetch, lines);
  // Pauses between requests are shorter than a second.
  const sleep = async (seconds: number): Promise<void> => void (seconds >= 1 && waits.push(seconds));
  const status = await probe(argv, io, { now: () => NOW, sleep, clock });
  return { status, lines, waits, requests: requests() };
}

/** As `printed`, by row. */
export async function probed(faults: Faults, argv: readonly string[] = ALL) {
  const { status, lines, waits, requests } = await printed(faults, [...argv, '--json']);
  const said = lines.map((line) => JSON.parse(line) as Said);
  const of = (result: string): string[] => said.filter((row) => row.result === result).map(({ id }) => id);
  return { status, said, failed: of('fail'), unsaid: of('cannot-tell'), waits, requests };
}

interface Probing {
  readonly status: number;
  readonly said: readonly Said[];
  readonly sent: number;
  readonly waits: readonly number[];
  readonly of: (result: string) => string[];
}

/** Probes a relay, or what `argv` names, that responds like this. */
export async function probing(
  respond: (request: Request, n: number) => Response | Promise<Response>,
  argv: readonly string[] = ['--relay', RELAY],
): Promise<Probing> {
  let sent = 0;
  const waits: number[] = [];
  const lines: string[] = [];
  const network: typeof fetch = async (input, init) => respond(new Request(input, init), sent++);
  const sleep = async (seconds: number): Promise<void> => void (seconds >= 1 && waits.push(seconds));
  const ports = { now: () => NOW, sleep, clock: () => waits.reduce((a, b) => a + b, 0) * 1000 };
  const status = await probe([...argv, '--json'], plainIo(network, lines), ports);
  const said = lines.map((line) => JSON.parse(line) as Said);
  const of = (result: string): string[] => said.filter((row) => row.result === result).map(({ id }) => id);
  return { status, said, sent, waits, of };
}
