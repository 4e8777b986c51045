import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { COMPILE_CACHE } from '../../support/compile-cache.ts';

/** The searches of a client and their outcomes. */
export interface Traffic {
  readonly sent: number;
  /** Searches and retries that failed. */
  readonly failed: number;
  /** Searches that failed, and succeeded when the client sent the same request with the same token again. */
  readonly retried: number;
  /** Searches that failed, after which only a new search succeeded. */
  readonly repeated: number;
  /** Searches that failed, after which none succeeded. */
  readonly open: number;
  /** The longest time until a search succeeded again. */
  readonly seconds: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** A client in a process of its own that lives through a drill: it keeps its wallet and its bundle. */
export class LiveClient {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param config - the client.json of an operator */
  constructor(config: string, env: Readonly<Record<string, string>>) {
    const script = path.join(import.meta.dirname, 'traffic-child.ts');
    this.#child = spawn(process.execPath, [script, config], {
      env: { PATH: process.env['PATH'] ?? '', ...COMPILE_CACHE, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the client has no output');
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Begins to search, with an account token for the tokens that it needs. */
  async go(accountToken: string): Promise<void> {
    await this.#command(`go ${accountToken}`);
  }

  /**
   * Searches once more, and then stops. Returns the counts since the start.
   *
   * @param givesUp - whether a search that failed may stay so; otherwise searches are made until one succeeds
   */
  async rest(givesUp = false): Promise<Traffic> {
    return JSON.parse(await this.#command(givesUp ? 'rest now' : 'rest')) as Traffic;
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }

  async #command(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the client ended at "${line.split(' ')[0]}"`);
    return value;
  }
}

const NONE: Traffic = { sent: 0, failed: 0, retried: 0, repeated: 0, open: 0, seconds: 0, codes: {} };

/** The counts of several clients. */
export const sumOf = (all: readonly Traffic[]): Traffic =>
  all.reduce((sum, one) => {
    const codes = { ...sum.codes };
    for (const [code, count] of Object.entries(one.codes)) codes[code] = (codes[code] ?? 0) + count;
    return {
      sent: sum.sent + one.sent,
      failed: sum.failed + one.failed,
      retried: sum.retried + one.retried,
      repeated: sum.repeated + one.repeated,
      open: sum.open + one.open,
      seconds: Math.max(sum.seconds, one.seconds),
      codes,
    };
  }, NONE);
