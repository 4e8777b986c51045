import { once } from 'node:events';
import path from 'node:path';
import { hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import type { Ledger, Spend } from '../../services/issuer/src/ports.ts';
import { ledgerName } from '../../services/issuer/src/postgres/schema.ts';
import { asAdmin, ledgerOf, oneSpend } from '../../services/issuer/test/postgres/server.ts';
import { postgresWorld, storesOf } from '../../services/issuer/test/postgres/support.ts';
import { spendProcess, type SpendProcess } from '../../services/issuer/test/support/processes.ts';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { startPostgres } from '../support/postgres.ts';
import { settingsOf } from '../support/postgres-tests.ts';
import { seeded } from '../support/seeded.ts';

const KILLS = Number(process.env['KILLS'] ?? '200');
const SEED = 20_261_126;
const PROCESSES = 2;
const LOOPS = 8; // calls at once in each process
const BETWEEN = 20; // acknowledged spends between two kills, at least
const CHILD = path.join(import.meta.dirname, 'spend-child.ts');

/** The outcomes of one token, by the tag of the request. */
type Told = Map<string, Set<string>>;

/** Spends tokens through the processes that run, a quarter of them with rivals in another process. */
class Load {
  readonly told: { readonly spend: Spend; readonly tags: Told }[] = [];
  acknowledged = 0;
  #isRunning = true;
  readonly #loops: Promise<unknown>;
  readonly #ledger: Ledger;
  readonly processes: SpendProcess[];

  constructor(ledger: Ledger, processes: SpendProcess[], chance: () => number) {
    this.#ledger = ledger;
    this.processes = processes;
    const loops = Array.from({ length: PROCESSES * LOOPS }, (_, i) => this.#run(i % PROCESSES, chance));
    this.#loops = Promise.all(loops);
  }

  async #run(at: number, chance: () => number): Promise<void> {
    while (this.#isRunning) {
      const spend = oneSpend();
      const tags: Told = new Map();
      this.told.push({ spend, tags });
      const rival = { ...spend, tag: random(32), envelope: random(32), call: random(8) };
      const calls = [this.#spend(at, spend, tags)];
      if (chance() < 0.25) calls.push(this.#spend((at + 1) % PROCESSES, rival, tags));
      await Promise.all(calls);
    }
  }

  /** One call, and its own retry when the response was lost. */
  async #spend(at: number, spend: Spend, tags: Told): Promise<void> {
    for (let attempt = 0; attempt < 2 && this.#isRunning; attempt++) {
      const outcome = await this.processes[at]?.spend(this.#ledger, spend).catch(() => 'lost');
      if (outcome === undefined || outcome === 'lost') {
        await new Promise((resolve) => setTimeout(resolve, 20)); // the process may be starting again
        continue;
      }
      const tag = hex(spend.tag);
      tags.set(tag, (tags.get(tag) ?? new Set()).add(outcome));
      if (outcome === 'first') this.acknowledged++;
      return;
    }
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#loops;
  }
}

test(`S09 PostgreSQL: over ${KILLS} kills of processes, backends and servers under load, no acknowledged spend is lost or doubled`, async () => {
  const chance = seeded(SEED);
  const server = await startPostgres();
  const [store] = await storesOf(settingsOf(server.url), 1);
  if (store === undefined) throw new Error('no store');
  const ledger = await ledgerOf(postgresWorld(store));
  // A process that ends by itself leaves its compiled modules to the next ones; a killed one does not.
  const { child } = await spendProcess(server.url, CHILD);
  child.disconnect();
  await once(child, 'exit');
  const processes = await Promise.all(
    Array.from({ length: PROCESSES }, () => spendProcess(server.url, CHILD)),
  );
  let spare = spendProcess(server.url, CHILD); // starting takes longer than all the rest of a kill
  const load = new Load(ledger, processes, chance);
  const kills = { process: 0, server: 0, backend: 0 };
  for (let i = 0; i < KILLS; i++) {
    if (i % 50 === 0) console.log(`${i} kills, ${load.acknowledged} acknowledged`);
    const enough = load.acknowledged + BETWEEN;
    while (load.acknowledged < enough) await new Promise((resolve) => setTimeout(resolve, 2));
    const dice = chance();
    if (dice < 0.5) {
      kills.process++;
      const at = Math.floor(chance() * PROCESSES);
      load.processes[at]?.stop();
      load.processes[at] = await spare;
      spare = spendProcess(server.url, CHILD);
    } else if (dice < 0.9) {
      kills.server++;
      await server.stop('immediate');
      await server.start();
    } else {
      kills.backend++;
      const backends = await asAdmin<{ pid: number }>(
        server,
        `select pid from pg_stat_activity where application_name = 'sotto' order by pid`,
      ).catch(() => []);
      const { pid } = backends[Math.floor(chance() * backends.length)] ?? {};
      if (pid !== undefined) process.kill(pid, 'SIGKILL'); // the server restarts all of its processes
    }
  }
  await load.stop();
  for (const one of [...load.processes, await spare]) one.stop();

  const doubled = load.told.filter(
    ({ tags }) => [...tags.values()].filter((told) => told.has('first')).length > 1,
  );
  const acknowledged = load.told.filter(({ tags }) => [...tags.values()].some((told) => told.has('first')));
  const rows = await asAdmin<{ id: Buffer }>(server, `select id from ${ledgerName(ledger.keyId)}`);
  const kept = new Set(rows.map(({ id }) => hex(Uint8Array.from(id))));
  const lost = acknowledged.map(({ spend }) => hex(spend.id)).filter((id) => !kept.has(id));
  console.log(
    `kills: ${JSON.stringify(kills)}; ${load.told.length} tokens, ${acknowledged.length} acknowledged, ${lost.length} lost, ${doubled.length} doubled`,
  );
  expect([lost, doubled]).toEqual([[], []]);
  expect(acknowledged.length).toBeGreaterThan(KILLS * BETWEEN * 0.9);
  await server.remove();
});
