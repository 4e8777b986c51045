// A process of its own over one store file: spends the tokens that it receives over IPC.
import { setTimeout as sleep } from 'node:timers/promises';
import { groupCommit } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { ISSUER_FILE, sqliteSpentTokens } from '../../src/node/ports.ts';
import type { Ledger, Spend } from '../../src/ports.ts';

export interface Call {
  readonly id: number;
  readonly ledger: Ledger;
  readonly spend: Spend | null; // null closes the ledger
}

const [path = ''] = process.argv.slice(2);
const now = (): number => Math.floor(Date.now() / 1000);
const database = openFile(path, ISSUER_FILE);
const committed = groupCommit(database, async (milliseconds) => sleep(milliseconds));
const store = sqliteSpentTokens(committed, now);

process.on('message', ({ id, ledger, spend }: Call) => {
  const call = spend === null ? store.close(ledger).then(() => null) : store.spend(ledger, spend);
  void call.then(
    (outcome) => process.send?.({ id, outcome }),
    () => process.send?.({ id, outcome: 'error' }),
  );
});
process.send?.({ id: 0 });
