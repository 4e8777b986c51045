import type { Fetch } from '@sotto/client';
import type { UnixSeconds } from '@sotto/wire';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import type { ChangeWorker } from '../../services/local/src/workers.ts';
import type { WorkerBundle, WorkerModule } from '../../services/local/src/worker-code.ts';
import { bytesOf } from '../../packages/client/test/support/bytes-of.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import type { Clock } from './measure.ts';

/** What a client's request is for; `schedule` is what the servers do by themselves. */
export type Kind = 'issuance' | 'batch' | 'refill' | 'bundle' | 'search' | 'schedule';

/** What the servers spent on one kind of request. */
export interface Spent {
  requests: number;
  /** Milliseconds of CPU, of all services and of workerd around them. */
  cpu: number;
  /** Rows written, by the class of the Durable Object. */
  readonly rows: Record<string, number>;
}

/** Rows written so far, by class. */
type Rows = Readonly<Record<string, number>>;

type Service = Parameters<ChangeWorker>[0];

const CLOCK = '/virtual-clock';
const SHARDS = 16; // of a key, by default
const VIRTUAL = ['relay', 'gateway', 'issuer', 'witness'] as const;
const REFILL_BYTES = 4096; // of a refill's request, more than of a search

/**
 * The modules of a Worker whose clock is set by POST to `/virtual-clock`. The response has the rows that its objects wrote, as the
 * platform counts and bills them: `rowsWritten` of each statement, and one for each alarm that was set. Those that are not of a
 * spent token or a quota are `other`: they do not grow with devices.
 */
function withVirtualClock(
  service: Service,
  at: UnixSeconds,
  { modules, metafile }: WorkerBundle,
): WorkerModule[] {
  const [worker, ...rest] = modules;
  if (typeof worker?.contents !== 'string') throw new Error('a Worker without code');
  const [output] = Object.values(metafile.outputs);
  const classes = (output?.exports ?? []).filter((name) => name !== 'default');
  const clock = `
    let now = ${at * 1000};
    Date.now = () => now;
    export const set = (milliseconds) => { now = milliseconds; };`;
  const index = `
    import { set } from './clock.js';
    import * as worker from './worker.js';
    const rows = {}, classOf = new WeakMap(), patched = new WeakSet();
    let last = null; // the latest statement: its rows are known once it has run
    const add = (name, n) => { if (n > 0) rows[name] = (rows[name] ?? 0) + n; };
    const settle = () => { if (last !== null) add(last.name, last.cursor.rowsWritten); last = null; };
    const patch = (target, method, around) => {
      const prototype = Object.getPrototypeOf(target);
      if (patched.has(prototype)) return;
      patched.add(prototype);
      const own = prototype[method];
      prototype[method] = function (...args) { return around(this, args[0], () => own.apply(this, args)); };
    };
    const watch = ({ storage }, name) => {
      if (storage?.sql === undefined) return;
      classOf.set(storage.sql, name);
      patch(storage.sql, 'exec', (sql, query, run) => {
        settle();
        const cursor = run();
        const isOfRequest = /^(insert into|update) .?(spent_tokens|quotas)\\b/i.test(query);
        last = { name: classOf.get(sql) + (isOfRequest ? '' : ', other'), cursor };
        return cursor;
      });
      patch(storage, 'setAlarm', (storage, _time, run) => {
        add(classOf.get(storage.sql) + ', other', 1);
        return run();
      });
    };
    export default {
      ...worker.default,
      async fetch(request, env, ctx) {
        if (!request.url.endsWith('${CLOCK}')) return worker.default.fetch(request, env, ctx);
        set(Number(await request.text()));
        settle();
        return Response.json(rows);
      },
    };
    ${classes
      .map(
        (name) => `export class ${name} extends worker.${name} {
          constructor(ctx, env) {
            watch(ctx, '${name}');
            super(ctx, env);
          }
        }`,
      )
      .join('\n')}`;
  return [
    { type: 'ESModule', path: 'index.js', contents: index },
    { type: 'ESModule', path: 'clock.js', contents: clock },
    { ...worker, path: 'worker.js', contents: scaledDown(service, worker.contents) },
    ...rest,
  ];
}

/**
 * A deployment for many thousand devices, scaled down to a few. There is one object each for quotas and for spent tokens, so that
 * they are awake as often as in the real one. What an isolate does by the clock happens at most once an epoch.
 */
const SCALED: Readonly<
  Partial<Record<Service, readonly (readonly [name: string, from: number, to: number])[]>>
> = {
  gateway: [['FLUSH_SECONDS', 10, 86_400]],
  issuer: [
    ['QUOTA_SHARDS', 32, 1],
    ['SHARDS', SHARDS, 1],
    ['FLUSH_SECONDS', 10, 86_400],
    ['CONFIRM_SECONDS', 600, 864_000],
  ],
};

function scaledDown(service: Service, code: string): string {
  return (SCALED[service] ?? []).reduce((text, [name, from, to]) => {
    const pattern = new RegExp(`\\bvar ${name} = ${from};`, 'g');
    if (text.match(pattern)?.length !== 1) throw new Error(`${service}: no constant ${name} = ${from}`);
    return text.replace(pattern, `var ${name} = ${to};`);
  }, code);
}

/** The whole suite in workerd under a clock that is set by hand, with what each kind of request costs it. */
export class VirtualSuite {
  readonly suite: Suite;
  readonly spent = new Map<Kind, Spent>();
  /** The clock of this process too: that of accounts, of the root's signatures and of the log. */
  now: UnixSeconds;
  readonly #cpu: Clock = clockOf(childNamed('workerd'));
  #kind: Kind = 'schedule';
  #since = 0; // microseconds of CPU
  #rows: Rows = {};
  #served: UnixSeconds = 0; // the clock of the servers, which never goes back

  private constructor(suite: Suite, now: UnixSeconds) {
    this.suite = suite;
    this.now = now;
    this.#since = this.#cpu();
  }

  /** Starts it and sets the clock of this process, until it is closed. */
  static async start(now: UnixSeconds): Promise<VirtualSuite> {
    const clock: { now: UnixSeconds } = { now };
    const ownNow = Date.now;
    Date.now = () => clock.now * 1000;
    const suite = await startSuite({
      log: true,
      change: (service, bundle) =>
        service === 'stickers' ? bundle.modules : withVirtualClock(service, now, bundle),
    }).catch((error: unknown) => {
      Date.now = ownNow;
      throw error;
    });
    const virtual = new VirtualSuite(suite, now);
    Date.now = () => virtual.now * 1000;
    virtual.close = async () => {
      Date.now = ownNow;
      await suite.dispose();
    };
    return virtual;
  }

  close: () => Promise<void> = async () => {};

  /** What the platform's crons and the root's owner do once an epoch. */
  async tick(): Promise<void> {
    await this.#begin('schedule');
    await this.suite.tick();
  }

  /** Forgets what was spent so far. */
  async reset(): Promise<void> {
    await this.#begin('schedule');
    this.spent.clear();
  }

  /** Counts what is still open. */
  async settle(): Promise<void> {
    await this.#begin('schedule');
  }

  /** The network of a device, with a connection for each request. */
  readonly fetch: Fetch = async (url, init) => {
    const kind = kindOf(new URL(url).pathname, bytesOf(init).length);
    await this.#begin(kind);
    this.#of(kind).requests++;
    return fetch(url, { ...init, headers: { ...init.headers, connection: 'close' } });
  };

  #of(kind: Kind): Spent {
    const known = this.spent.get(kind) ?? { requests: 0, cpu: 0, rows: {} };
    this.spent.set(kind, known);
    return known;
  }

  /** Ends what was measured until now, and sets the clocks, which no kind of request pays for. */
  async #begin(kind: Kind): Promise<void> {
    this.#of(this.#kind).cpu += (this.#cpu() - this.#since) / 1000;
    this.#served = Math.max(this.#served, this.now);
    const { urls } = this.suite;
    const read = await Promise.all(
      VIRTUAL.map(async (service) => {
        const init = { method: 'POST', body: `${this.#served * 1000}` };
        const response = await fetch(`${urls[service]}${CLOCK}`, init);
        return Object.entries((await response.json()) as Rows).map(
          ([name, n]) => [`${service} ${name}`, n] as const,
        );
      }),
    );
    const rows = Object.fromEntries(read.flat());
    const { rows: own } = this.#of(this.#kind);
    for (const [name, n] of Object.entries(rows)) {
      const written = n - (this.#rows[name] ?? 0);
      if (written > 0) own[name] = (own[name] ?? 0) + written;
    }
    this.#rows = rows;
    this.#kind = kind;
    this.#since = this.#cpu();
  }
}

function kindOf(path: string, bytes: number): Kind {
  if (path.endsWith('/voucher-request')) return 'issuance';
  if (path.endsWith('/token-request')) return 'batch';
  if (!path.endsWith('/ohttp')) return 'bundle';
  return bytes > REFILL_BYTES ? 'refill' : 'search';
}
