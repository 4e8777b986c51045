// Spends new tokens with this many calls at once for some seconds, over a file or a PostgreSQL database. It
// opens the store, sends ready, and begins with the next message.
import { readFileSync } from 'node:fs';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type PostgresSettings } from '@sotto/service/postgres';
import { groupCommit } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { fromBase64url } from '@sotto/wire';
import { ISSUER_FILE, sqliteSpentTokens } from '../../services/issuer/src/node/ports.ts';
import type { SpentTokens } from '../../services/issuer/src/ports.ts';
import { serverGuard } from '../../services/issuer/src/postgres/lineage.ts';
import { postgresSpentTokens } from '../../services/issuer/src/postgres/spent.ts';

/** The only argument, as JSON. */
export interface Order {
  readonly store: string | PostgresSettings; // the path of a file, or a database
  readonly keyId: string; // base64url
  readonly calls: number; // at once
  readonly seconds: number;
}

/** Its result. */
export interface Spent {
  readonly spent: number;
  readonly failed: number;
  readonly millis: readonly number[]; // of a sample of the calls
  readonly cpuMs: number;
  readonly peakMb: number;
}

const SAMPLE = 20; // one call in this many

function open(store: Order['store']): SpentTokens {
  const now = (): number => 0;
  if (typeof store === 'string') {
    const pause = async (milliseconds: number): Promise<unknown> =>
      milliseconds === 0 ? turn() : sleep(milliseconds);
    return sqliteSpentTokens(groupCommit(openFile(store, ISSUER_FILE), pause as never), now);
  }
  const deps = {
    sleep: async (milliseconds: number) => sleep(milliseconds),
    deadline: (milliseconds: number) => AbortSignal.timeout(milliseconds),
  };
  const guard = serverGuard(new Set(['no-synchronous-standby']));
  return postgresSpentTokens(openPostgres(store, deps), { now, guard });
}

async function work(tokens: SpentTokens, { keyId, calls, seconds }: Order): Promise<Spent> {
  const ledger = { keyId: fromBase64url(keyId), shards: 1, end: 1 };
  const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
  const millis: number[] = [];
  const sums = { spent: 0, failed: 0 };
  const [started, loaded] = [performance.now(), process.cpuUsage()];
  const loops = Array.from({ length: calls }, async () => {
    for (let i = 0; performance.now() - started < seconds * 1000; i++) {
      const begun = performance.now();
      const spend = {
        id: random(32),
        tag: random(32),
        envelope: random(32),
        call: random(8),
        idempotent: true,
      };
      const outcome = await tokens.spend(ledger, spend).catch(() => 'failed');
      if (outcome === 'first') sums.spent++;
      else sums.failed++;
      if (i % SAMPLE === 0) millis.push(performance.now() - begun);
    }
  });
  await Promise.all(loops);
  const { user, system } = process.cpuUsage(loaded); // without what the start of the process took
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return { ...sums, millis, cpuMs: (user + system) / 1000, peakMb: Number(peak) / 1024 };
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const tokens = open(order.store);
process.once('message', () => {
  void work(tokens, order).then((spent) => process.send?.(spent, () => process.exit(0)));
});
process.send?.('ready');
