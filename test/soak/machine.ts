import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFile } from '@sotto/service/sqlite/file';
import { ISSUER_FILE } from '../../services/issuer/src/node/ports.ts';
import type { Quota, SpentTokens } from '../../services/issuer/src/ports.ts';
import { START, World, type WorldOptions } from '../../services/issuer/test/support/world.ts';

export const QUOTA = 6; // tokens per account and epoch
export const BATCH = 2; // tokens

const SERVICES = [{ name: 'stickers', types: [5], batch: [BATCH], quota: { default: QUOTA }, shards: 2 }];
const MEMORY = '/dev/shm';

/** The trouble of a call on its way to the store: none, or a kill after the store has received it. */
export type Trouble = 'none' | 'killed';

/** Replaces the real store of spent tokens by another one, such as a mutant. */
export type Replace = (real: SpentTokens) => SpentTokens;

/** Makes an issuer over a store. */
export type MakeWorld<W extends World> = (options: WorldOptions) => W;

/** An issuer of tokens for accounts. */
export const tokenWorld: MakeWorld<World> = (options) =>
  new World({ ...options, vars: { SERVICES: JSON.stringify(SERVICES) } });

/** An issuer over SQLite on a machine that can be killed, filled, backed up and restored. */
export class Machine<W extends World> {
  readonly clock = { now: START + 1000 };
  readonly #folder = mkdtempSync(path.join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'sotto-soak-'));
  readonly #make: MakeWorld<W>;
  readonly #replace: Replace;
  #file = path.join(this.#folder, 'issuer-0.sqlite');
  #lives = 0;
  #backup: string | null = null;
  trouble: Trouble = 'none';
  world: W;

  constructor(make: MakeWorld<W>, replace: Replace = (real) => real) {
    this.#make = make;
    this.#replace = replace;
    this.world = this.#open();
  }

  #open(): W {
    return this.#make({
      database: openFile(this.#file, ISSUER_FILE),
      clock: this.clock,
      deps: ({ spent, quota }) => ({
        spent: this.#dying(this.#replace(spent)),
        quota: this.#dyingQuota(quota),
      }),
    });
  }

  #dying(spent: SpentTokens): SpentTokens {
    return {
      spend: async (ledger, spend) => this.#maybeDie(await spent.spend(ledger, spend)),
      close: (ledger) => spent.close(ledger),
    };
  }

  #dyingQuota(quota: Quota): Quota {
    return {
      charge: async (charge) => this.#maybeDie(await quota.charge(charge)),
      used: (row) => quota.used(row),
    };
  }

  #maybeDie<T>(outcome: T): T {
    if (this.trouble === 'killed') throw new Error('killed');
    return outcome;
  }

  /** Stops in order and starts again. */
  restart(): void {
    this.world.database.close();
    this.world = this.#open();
  }

  /** Kills the process between two instructions: only the contents of the disk are left. */
  kill(): void {
    const left = path.join(this.#folder, `issuer-${++this.#lives}.sqlite`);
    copyFileSync(this.#file, left);
    this.world.database.close();
    rmSync(this.#file);
    this.#file = left;
    this.world = this.#open();
  }

  /** No further page can be written. */
  fill(): void {
    this.world.database.db.all('pragma max_page_count = 1');
  }

  makeRoom(): void {
    this.world.database.db.all('pragma max_page_count = 1000000');
  }

  backup(): void {
    this.#backup = path.join(this.#folder, 'backup.sqlite');
    copyFileSync(this.#file, this.#backup);
  }

  /** Restores the backup as documented for operators: every key that may have signed is retired. */
  async restore(): Promise<boolean> {
    if (this.#backup === null) return false;
    this.world.database.close();
    copyFileSync(this.#backup, this.#file);
    this.world = this.#open();
    await this.world.issuer.retireAll();
    return true;
  }

  dispose(): void {
    this.world.database.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
