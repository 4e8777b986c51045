// A process of its own over a PostgreSQL database: spends the tokens that it receives over IPC.
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres } from '@sotto/service/postgres';
import { serverGuard } from '../../services/issuer/src/postgres/lineage.ts';
import { postgresSpentTokens } from '../../services/issuer/src/postgres/spent.ts';
import type { Call } from '../../services/issuer/test/support/spend-child.ts';

const { hostname, port, username, pathname } = new URL(process.argv[2] ?? '');
const settings = {
  host: hostname,
  port: Number(port),
  user: username,
  database: pathname.slice(1),
  password: null,
  tls: false as const,
};
const store = openPostgres(settings, {
  sleep: async (milliseconds) => sleep(milliseconds),
  deadline: (milliseconds) => AbortSignal.timeout(milliseconds),
});
const guard = serverGuard(new Set(['no-synchronous-standby']));
const tokens = postgresSpentTokens(store, { now: () => 0, guard });

process.on('message', ({ id, ledger, spend }: Call) => {
  const call = spend === null ? tokens.close(ledger).then(() => null) : tokens.spend(ledger, spend);
  void call.then(
    (outcome) => process.send?.({ id, outcome }),
    () => process.send?.({ id, outcome: 'error' }),
  );
});
process.send?.({ id: 0 });
