import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { COMPILE_CACHE } from '../../support/compile-cache.ts';
import { commandsOf, platformBlocks } from '../../support/documents.ts';
import type { Machine } from './machine.ts';

/** Requests during a drill, and what became of them. */
export interface Traffic {
  readonly sent: number;
  readonly failed: number;
  readonly failedForGood: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** Where services run. */
export type Platform = 'Node' | 'Workers';

/** A row of the table. */
export interface DrillRow extends Traffic {
  readonly drill: string;
  readonly platform: Platform;
  readonly commands: number;
  readonly minutes: number;
  /** Processes that were stopped. */
  readonly restarts: number;
  /** Whether searches ran meanwhile. */
  readonly traffic: boolean;
}

/** A drill while it runs. */
export interface Drill {
  /** Runs the next console block of the page, again until it succeeds or was tried so often. Returns what it printed. */
  block(attempts?: number): Promise<string>;
  /** Lets time pass on the machine's clock. Searches stop meanwhile, because no request is in flight for an hour. */
  pass(seconds: number): Promise<void>;
}

export interface DrillOptions {
  readonly machine: Machine;
  readonly platform: Platform;
  /** `rotate-secrets.md`. */
  readonly page: string;
  /** The title of one section of the page; the whole page without it. */
  readonly section?: string;
  /** Adapts a command to the test's names, ports and folders. */
  readonly here: (command: string) => string;
  /** Whether searches run meanwhile. */
  readonly traffic: boolean;
  /** Whose relay the searches use. */
  readonly config: string;
  /** Resolves when the services work with the time that it is now. */
  readonly settled: () => Promise<void>;
}

/** Follows a page on running services, with searches at a steady pace meanwhile. */
export async function runDrill(
  name: string,
  { machine, platform, page, section, here, traffic, config, settled }: DrillOptions,
  follow: (drill: Drill) => Promise<void>,
): Promise<DrillRow> {
  const document = `docs/how-to/${page}`;
  const blocks = platformBlocks(document, section, platform).filter(({ language }) => language === 'console');
  const searches = new Searches(() => startTraffic(machine, name, config), traffic);
  await searches.start();
  const [from, stopped] = [machine.now, machine.stopped];
  let [next, commands] = [0, 0];
  const drill: Drill = {
    pass: async (seconds) => {
      await searches.stop();
      await machine.pass(seconds);
      if (!traffic) return;
      await settled();
      await searches.start();
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
    await searches.stop();
  }
  if (next !== blocks.length)
    throw new Error(`${page} ${section ?? ''}: ${blocks.length - next} blocks were not run`);
  const minutes = Math.round((machine.now - from) / 6000) / 10;
  const restarts = machine.stopped - stopped;
  return { drill: name, platform, commands, minutes, restarts, traffic, ...searches.counts };
}

/** Searches at a steady pace, with interruptions. */
class Searches {
  counts: Traffic = { sent: 0, failed: 0, failedForGood: 0, codes: {} };
  readonly #begin: () => ReturnType<typeof startTraffic>;
  readonly #wanted: boolean;
  #running: Awaited<ReturnType<typeof startTraffic>> | null = null;

  constructor(begin: () => ReturnType<typeof startTraffic>, wanted: boolean) {
    this.#begin = begin;
    this.#wanted = wanted;
  }

  async start(): Promise<void> {
    if (this.#wanted) this.#running = await this.#begin();
  }

  async stop(): Promise<void> {
    if (this.#running === null) return;
    this.#running.stop();
    const more = await this.#running.counts;
    this.#running = null;
    const codes = { ...this.counts.codes };
    for (const [code, count] of Object.entries(more.codes)) codes[code] = (codes[code] ?? 0) + count;
    this.counts = {
      sent: this.counts.sent + more.sent,
      failed: this.counts.failed + more.failed,
      failedForGood: this.counts.failedForGood + more.failedForGood,
      codes,
    };
  }
}

async function startTraffic(
  machine: Machine,
  name: string,
  config: string,
): Promise<{ stop: () => void; counts: Promise<Traffic> }> {
  const { out: token } = await machine.must('npx @sotto/cli account "$NAME" --config ops/b', { NAME: name });
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'traffic-child.ts'), path.join(machine.folder, config, 'client.json')],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        ...COMPILE_CACHE,
        ...machine.trust,
        SOTTO_ACCOUNT_TOKEN: token.trim(),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.startsWith('ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`traffic ended: ${output}`)));
  });
  const counts = once(child, 'exit').then(() => JSON.parse(output.split('\n')[1] ?? '') as Traffic);
  await ready;
  return { stop: () => child.kill('SIGTERM'), counts };
}

/**
 * What a drill must not do to searches. A restart of the one process of a service fails the search that is under way, or the
 * one that the relay sends over a connection from before; a Worker is replaced without that.
 */
export function faultsOf({ traffic, sent, failed, failedForGood, restarts, codes }: DrillRow): string[] {
  const faults: string[] = [];
  if (traffic && sent === 0) faults.push('no search was sent');
  if (failed > restarts)
    faults.push(`${failed} searches failed, ${restarts} may fail: ${JSON.stringify(codes)}`);
  if (failedForGood > 0) faults.push(`${failedForGood} searches never succeeded`);
  return faults;
}

/** The table of all drills, as the command prints it. */
export function drillTable(rows: readonly DrillRow[]): string {
  const head = ['drill', 'platform', 'commands', 'minutes', 'requests', 'failed', 'failed for good', 'why'];
  const lines = rows.map((row) => [
    row.drill,
    row.platform,
    row.commands,
    row.minutes,
    row.sent,
    row.failed,
    row.failedForGood,
    reasonOf(row),
  ]);
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function reasonOf({ failed, restarts, codes }: DrillRow): string {
  if (failed === 0) return '';
  const counts = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  return `${restarts} times a single process was restarted: ${counts.join(', ')}`;
}
