import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupCommit } from '@sotto/service/sqlite';
import { openFile, type DatabaseFile } from '@sotto/service/sqlite/file';
import { ISSUER_FILE, ledgerNumber, sqliteSpentTokens } from '../../../services/issuer/src/node/ports.ts';
import type { SpentTokens } from '../../../services/issuer/src/ports.ts';
import { ownClock } from '../cpu-clock.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [1e4, 1e5, 1e6, 1e7]; // rows
const ROUNDS = 15;
const WARM = 400; // spends, in each file
const SPENDS = 200; // in a turn, so that all turns add a third to the smallest ledger
const PARTS = 3; // in which a ledger is filled, so that its pages are as full as those of rows that came in any order
const GROUP = 50; // spends that are committed together

/** Spending a token in files with so many rows: CPU time of this process, in group commits. */
export async function* ledgerTurns(): AsyncGenerator<Turn> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-growth-'));
  const ledgers = new Map<number, Ledger>();
  try {
    for (const size of SIZES) {
      const ledger = new Ledger(path.join(folder, `${size}.sqlite`));
      ledgers.set(size, ledger);
      ledger.fill(size);
      await ledger.spend(WARM);
    }
    for (const size of turnsOf(SIZES, ROUNDS)) {
      const began = ownClock();
      await ledgers.get(size)?.spend(SPENDS);
      yield { size, costs: { 'growth.ledger': (ownClock() - began) / SPENDS } };
    }
  } finally {
    for (const ledger of ledgers.values()) ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A ledger in a file of its own. */
class Ledger {
  readonly #file: string;
  readonly #database: DatabaseFile;
  readonly #spent: SpentTokens;
  readonly #of = { keyId: new Uint8Array(randomBytes(32)), shards: 1, end: 1e9 };

  constructor(file: string) {
    this.#file = file;
    this.#database = openFile(file, ISSUER_FILE);
    this.#spent = sqliteSpentTokens(groupCommit(this.#database, sleep), () => 0);
  }

  fill(rows: number): void {
    const filling = new DatabaseSync(this.#file);
    filling.exec('pragma synchronous = off');
    for (let part = 0; part < PARTS; part++) {
      filling.exec(
        `insert into spent_tokens (ledger, id, tag, envelope_1)
         with recursive n(i) as (select 1 union all select i + 1 from n where i < ${Math.ceil(rows / PARTS)})
         select ${ledgerNumber(this.#of)}, randomblob(32), randomblob(32), randomblob(40) from n order by 2`,
      );
    }
    filling.close();
  }

  async spend(count: number): Promise<void> {
    const bytes = (length: number) => new Uint8Array(randomBytes(length));
    const one = () => ({
      id: bytes(32),
      tag: bytes(32),
      envelope: bytes(32),
      call: bytes(8),
      idempotent: true,
    });
    for (let i = 0; i < count; i += GROUP) {
      const group = Array.from({ length: GROUP }, () => this.#spent.spend(this.#of, one()));
      for (const outcome of await Promise.all(group)) {
        if (outcome !== 'first') throw new Error('a new token was not accepted');
      }
    }
  }

  close(): void {
    this.#database.close();
  }
}
