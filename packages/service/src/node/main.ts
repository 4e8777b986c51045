import { readFileSync } from 'node:fs';
import { Variables, type Environment } from '../config/index.ts';
import type { ServiceName } from '../variables/index.ts';
import { systemClock, type Clock } from './clock.ts';
import { nodeTooOld } from './version.ts';
import { explain } from './explain.ts';

/** The main program as its service sees it. */
export interface Program {
  readonly variables: Variables;
  readonly clock: Clock;
  /** Runs `work` now and again after each interval until the process stops. After a failure the next turn tries again. */
  readonly every: (milliseconds: number, work: () => Promise<void>) => void;
  /** Adds a step for SIGTERM and SIGINT. The steps run one after another, the last one added first. */
  readonly onStop: (step: () => void | Promise<void>) => void;
  /** One line for the operator. It must contain no user data. */
  readonly warn: (line: string) => void;
}

/** Which program runs. */
export interface ServiceProgram {
  readonly service: ServiceName;
  /** `major.minor`. It is checked before `start` loads anything that an older Node lacks, such as node:sqlite. */
  readonly minimumNode: string;
}

/** Starts the service. Returns the origin that it listens on. */
export type Start = (program: Program) => Promise<string>;

/**
 * The main program of a service on Node: reads variables, starts, prints `ready ORIGIN`, stops on SIGTERM and SIGINT.
 *
 * Exit status 0 after a signal; 1 with one line of cause and remedy when it cannot start. After the ready line it
 * prints nothing by itself.
 */
export async function runService({ service, minimumNode }: ServiceProgram, start: Start): Promise<void> {
  process.stdout.on('error', () => {}); // the reader may be gone
  process.stderr.on('error', () => {});
  const warn = (line: string): void => void process.stderr.write(`sotto ${service}: ${line}\n`);
  const tooOld = nodeTooOld(minimumNode, process.versions.node);
  if (tooOld !== null) {
    warn(tooOld);
    process.exit(1);
  }
  const steps: (() => void | Promise<void>)[] = [];
  const program: Program = {
    variables: variablesOnNode(service, process.env),
    clock: systemClock,
    every: (milliseconds, work) => {
      const run = async (): Promise<number> => {
        await work();
        return Number.POSITIVE_INFINITY; // never before the interval is over
      };
      steps.push(systemClock.repeat(run, milliseconds));
    },
    onStop: (step) => void steps.push(step),
    warn,
  };
  const starting = setInterval(() => {}, 1 << 30); // the clock's timers do not keep the process alive
  try {
    const origin = await start(program);
    clearInterval(starting);
    stopOnSignal(steps);
    process.stdout.write(`ready ${origin}\n`);
  } catch (error) {
    warn(explain(error));
    process.exit(1);
  }
}

/** The variables of a service on Node, with its files. */
export function variablesOnNode(service: ServiceName, environment: Environment): Variables {
  return new Variables(environment, {
    service,
    platform: 'node',
    readFile: (path) => readFileSync(path, 'utf8'),
  });
}

function stopOnSignal(steps: readonly (() => void | Promise<void>)[]): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    for (const step of steps.toReversed()) await step();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop());
}
