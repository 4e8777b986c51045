import path from 'node:path';
import { commandsOf, platformBlocks } from '../../support/documents.ts';
import { DRILL_RUNS, hostOf, pageOf, type DrillName, type Platform } from './drills.ts';
import { LiveClient, sumOf, type Traffic } from './live-client.ts';
import type { Machine } from './machine.ts';

/** A row of the table. */
export interface DrillRow extends Traffic {
  readonly drill: DrillName;
  readonly platform: Platform;
  readonly commands: number;
  readonly minutes: number;
  /** Processes that were stopped. */
  readonly restarts: number;
}

/** A drill while it runs. */
export interface Drill {
  /** Runs the next console block of the page, again until it succeeds or was tried so often. Returns what it printed. */
  block(attempts?: number): Promise<string>;
  /**
   * Lets time pass on the machine's clock. Searches rest meanwhile, because no request is in flight for an hour.
   *
   * @param client - for the search that shows that the services work with the new time
   */
  pass(seconds: number, ...client: readonly [config?: string, name?: string]): Promise<void>;
  /** Gives the application the client.json of another relay. */
  configure(config: string): Promise<void>;
}

export interface DrillOptions {
  readonly machine: Machine;
  readonly platform: Platform;
  /** Adapts a command to the test's names, ports and folders. */
  readonly here: (command: string) => string;
  /** The folder whose relay the searches use. */
  readonly config: string;
  /** Resolves when the services work with the time that it is now. */
  readonly settled: (...client: readonly [config?: string, name?: string]) => Promise<void>;
}

/** Follows a page on running services, while a client searches. */
export async function runDrill(
  name: DrillName,
  { machine, platform, here, config, settled }: DrillOptions,
  follow: (drill: Drill) => Promise<void>,
): Promise<DrillRow> {
  const { page, section, outage } = pageOf(name);
  const document = `docs/how-to/${page}`;
  const blocks = platformBlocks(document, section, hostOf(platform)).filter(
    ({ language }) => language === 'console',
  );
  const searches = new Searches(machine, name, outage !== undefined);
  await searches.start(config);
  const [from, stopped] = [machine.now, machine.stopped];
  let [next, commands] = [0, 0];
  const drill: Drill = {
    pass: async (seconds, ...client) => {
      await searches.rest();
      await machine.pass(seconds);
      await settled(...client);
      await searches.go();
    },
    configure: async (other) => {
      await searches.end();
      await searches.start(other);
    },
    block: async (attempts = 1) => {
      const block = blocks[next++];
      if (block === undefined) throw new Error(`${page} ${section ?? ''}: has no block ${next}`);
      const lines = commandsOf(block).map(({ text }) => here(text));
      commands += lines.length;
      const { out, err } = await machine.eventually(lines.join('\n'), attempts);
      return out + err;
    },
  };
  try {
    await follow(drill);
  } finally {
    await searches.end();
  }
  if (next !== blocks.length)
    throw new Error(`${page} ${section ?? ''}: ${blocks.length - next} blocks were not run`);
  const minutes = Math.round((machine.now - from) / 6000) / 10;
  const restarts = machine.stopped - stopped;
  return { drill: name, platform, commands, minutes, restarts, ...sumOf(searches.ended) };
}

/** The searches of a drill. */
class Searches {
  /** The counts of clients that ended. */
  readonly ended: Traffic[] = [];
  readonly #machine: Machine;
  readonly #account: string;
  readonly #givesUp: boolean;
  #client: LiveClient | null = null;

  constructor(machine: Machine, account: string, givesUp: boolean) {
    this.#machine = machine;
    this.#account = account;
    this.#givesUp = givesUp;
  }

  /** Starts an application with the client.json of this folder. */
  async start(config: string): Promise<void> {
    const { folder, trust } = this.#machine;
    this.#client = new LiveClient(path.join(folder, config, 'client.json'), trust);
    await this.go();
  }

  async go(): Promise<void> {
    const { out } = await this.#machine.must('npx @sotto/cli account "$NAME" --config ops/b', {
      NAME: this.#account,
    });
    await this.#client?.go(out.trim());
  }

  async rest(): Promise<Traffic | null> {
    return this.#client?.rest(this.#givesUp) ?? null;
  }

  async end(): Promise<void> {
    const counts = await this.rest();
    if (counts !== null) this.ended.push(counts);
    await this.#client?.end();
    this.#client = null;
  }
}

/**
 * The faults of a drill by its searches. A restart of the one process of a service fails the search that is
 * under way, or the one that the relay sends over a connection from before; a Worker is replaced without
 * that. Where the page says that nothing is issued until the epoch ends, one search stays open until then,
 * because the next one is made after it.
 */
export function faultsOf({ drill, sent, failed, open, restarts, codes }: DrillRow): string[] {
  const faults: string[] = [];
  const outages = pageOf(drill).outage === undefined ? 0 : 1;
  const allowed = allowedFailures(drill, restarts);
  if (sent === 0) faults.push('no search was sent');
  if (failed > allowed)
    faults.push(`${failed} searches failed, ${allowed} may fail: ${JSON.stringify(codes)}`);
  if (open !== outages) faults.push(`${open} searches never succeeded, the page says ${outages}`);
  return faults;
}

/** Searches that may fail: one for each process that is stopped, or the one that an outage of the page leaves open. */
export const allowedFailures = (drill: DrillName, restarts: number): number =>
  Math.max(restarts, pageOf(drill).outage === undefined ? 0 : 1);

/** The columns of the table. */
export const HEAD = [
  'drill',
  'platform',
  'commands',
  'minutes',
  'failed/sent',
  'after a retry',
  'after a new search',
  'longest outage (s)',
  'why',
];

/** The table of all drills, as the command prints it and docs/how-to/drills.md has it. */
export function drillTable(rows: readonly DrillRow[]): string {
  const lines = DRILL_RUNS.flatMap(({ drill, platform }) => {
    const own = rows.filter((row) => row.drill === drill && row.platform === platform);
    const [first] = own;
    if (first === undefined) return [];
    const { sent, failed, retried, repeated, seconds } = sumOf(own);
    const why = failed === 0 ? '' : reasonOf(own);
    return [
      [drill, platform, first.commands, first.minutes, `${failed}/${sent}`, retried, repeated, seconds, why],
    ];
  });
  return [HEAD, HEAD.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function reasonOf(rows: readonly DrillRow[]): string {
  const restarts = rows.reduce((sum, row) => sum + row.restarts, 0);
  const counts = Object.entries(sumOf(rows).codes).map(([code, count]) => `${code} ${count}`);
  const outage = rows.map(({ drill }) => pageOf(drill).outage)[0];
  const why = outage ?? (restarts === 1 ? '1 restart' : `${restarts} restarts`);
  return `${why}: ${counts.join(', ')}`;
}
