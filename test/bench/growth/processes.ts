import { spendsOverPostgres } from '../../soak/stores.ts';
import { NO_POSTGRES } from '../../support/postgres.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [1, 2, 4]; // processes over one PostgreSQL
const ROUNDS = 9;
const SECONDS = 3;

/** Spending a token with one process and with several over one PostgreSQL: CPU time of Node and wall time per token. */
export async function* processTurns(): AsyncGenerator<Turn> {
  if (NO_POSTGRES !== null) return;
  for await (const spent of spendsOverPostgres(turnsOf(SIZES, ROUNDS), SECONDS)) {
    if (spent.failed > 0) throw new Error(`${spent.failed} spends of ${spent.processes} processes failed`);
    yield {
      size: spent.processes,
      costs: {
        'growth.processes': spent.cpuMsPerSpend * 1000,
        'growth.processes.throughput': 1e6 / spent.perSecond,
      },
    };
  }
}
