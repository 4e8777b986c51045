// A process of its own over one store file: spends what it is told over IPC.
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/node/database.ts';
import { Group } from '../../src/node/group.ts';
import { sqliteSpentTokens } from '../../src/node/ports.ts';
import type { Ledger, Spend } from '../../src/ports.ts';

export interface Call {
  readonly id: number;
  readonly ledger: Ledger;
  readonly spend: Spend | null; // null closes the ledger
}

const [path = ''] = process.argv.slice(2);
const now = (): number => Math.floor(Date.now() / 1000);
const database = openDatabase(path);
const group = new Group(database, async (milliseconds) => sleep(milliseconds));
const store = sqliteSpentTokens(database, group, now);

process.on('message', ({ id, ledger, spend }: Call) => {
  const call = spend === null ? store.close(ledger).then(() => null) : store.spend(ledger, spend);
  void call.then(
    (outcome) => process.send?.({ id, outcome }),
    () => process.send?.({ id, outcome: 'error' }),
  );
});
process.send?.({ id: 0 });
