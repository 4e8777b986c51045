import { openMemory } from '@sotto/service/sqlite/file';
import type { Bytes } from '@sotto/wire';
import { ISSUER_FILE } from '../../services/issuer/src/node/ports.ts';
import { spendToken } from '../../services/issuer/src/store/spent.ts';

const LEDGER = 7;
const SPENDS = 10_000;
/** Allows 200 spends per second in one ledger. */
const BUDGET = 5; // milliseconds

export interface LedgerFigures {
  readonly rows: number;
  readonly p99: number; // milliseconds per spend
  readonly withinBudget: boolean;
}

const bytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** S23: fills one ledger with this many rows, then spends new tokens in it one by one. */
export function largeLedger(rows: number): LedgerFigures {
  const database = openMemory(ISSUER_FILE);
  database.db.run(`
    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${rows})
    INSERT INTO spent_tokens SELECT ${LEDGER}, randomblob(32), randomblob(32), randomblob(40), null, null FROM number`);
  const took: number[] = [];
  for (let i = 0; i < SPENDS; i++) {
    const spend = { id: bytes(32), tag: bytes(32), envelope: bytes(32), call: bytes(8), idempotent: true };
    const began = performance.now();
    if (spendToken(database.db, LEDGER, spend) !== 'first') throw new Error('a new token was not new');
    took.push(performance.now() - began);
  }
  database.close();
  const p99 = took.toSorted((a, b) => a - b)[Math.floor(SPENDS * 0.99)] ?? Number.NaN;
  return { rows, p99, withinBudget: p99 < BUDGET };
}
