import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { blocksOf, commandsOf, sectionBlocks } from '../../support/documents.ts';
import type { Machine } from './machine.ts';

/** Requests during a drill, and what became of them. */
export interface Traffic {
  readonly sent: number;
  readonly failed: number;
  readonly failedForGood: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** A row of the table. */
export interface DrillRow extends Traffic {
  readonly drill: string;
  readonly platform: string;
  readonly commands: number;
  readonly minutes: number;
}

/** A drill while it runs. */
export interface Drill {
  /** Runs the next console block of the page, again until it succeeds or was tried so often. Returns what it printed. */
  block(attempts?: number): Promise<string>;
  /** Lets time pass on the machine's clock. */
  pass(seconds: number): void;
}

export interface DrillOptions {
  readonly machine: Machine;
  readonly platform: string;
  /** `rotate-secrets.md`. */
  readonly page: string;
  /** The title of one section of the page; the whole page without it. */
  readonly section?: string;
  /** Adapts a command to the test's names, ports and folders. */
  readonly here: (command: string) => string;
  /** Whether searches run meanwhile. */
  readonly traffic: boolean;
}

/** Follows a page on running services, with searches at a steady pace meanwhile. */
export async function runDrill(
  name: string,
  { machine, platform, page, section, here, traffic }: DrillOptions,
  follow: (drill: Drill) => Promise<void>,
): Promise<DrillRow> {
  const document = `docs/how-to/${page}`;
  const all = section === undefined ? blocksOf(document) : sectionBlocks(document, section);
  const blocks = all.filter(({ language }) => language === 'console');
  const child = traffic ? await startTraffic(machine, name) : null;
  const from = machine.now;
  let [next, commands] = [0, 0];
  const drill: Drill = {
    pass: (seconds) => machine.pass(seconds),
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
    child?.stop();
  }
  if (next !== blocks.length)
    throw new Error(`${page} ${section ?? ''}: ${blocks.length - next} blocks were not run`);
  const counted = (await child?.counts) ?? { sent: 0, failed: 0, failedForGood: 0, codes: {} };
  const minutes = Math.round((machine.now - from) / 6000) / 10;
  return { drill: name, platform, commands, minutes, ...counted };
}

async function startTraffic(
  machine: Machine,
  name: string,
): Promise<{ stop: () => void; counts: Promise<Traffic> }> {
  const { out: token } = await machine.must('npx @sotto/cli account "$NAME" --config ops/b', { NAME: name });
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'traffic-child.ts'), path.join(machine.folder, 'ops/a/client.json')],
    {
      env: { PATH: process.env['PATH'] ?? '', ...machine.trust, SOTTO_ACCOUNT_TOKEN: token.trim() },
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

/** The table of all drills, as the command prints it. */
export function drillTable(rows: readonly DrillRow[]): string {
  const head = ['drill', 'platform', 'commands', 'minutes', 'requests', 'failed', 'failed for good', 'codes'];
  const lines = rows.map((row) => [
    row.drill,
    row.platform,
    row.commands,
    row.minutes,
    row.sent,
    row.failed,
    row.failedForGood,
    Object.entries(row.codes)
      .map(([code, count]) => `${code} ${count}`)
      .join(', '),
  ]);
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
