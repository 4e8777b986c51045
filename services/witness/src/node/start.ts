import { Tally } from '@sotto/service/metrics';
import { readListenSettings, readOperatorSettings, serve, type Program } from '@sotto/service/node';
import type { ListenSettings } from '@sotto/service/node';
import { openFile } from '@sotto/service/sqlite/file';
import type { Hono } from 'hono';
import { refuse, withRefusals, witness, type WitnessDeps } from '../app.ts';
import { readConfig } from '../config.ts';
import { healthOnListener, operatorRoutes } from '../operator.ts';
import { sqliteStores, WITNESS_FILE } from './stores.ts';

const FLUSH_MS = 60_000; // between two transfers of the counts to the store

/** The witness on Node, over one SQLite file. Returns its origins for the ready line. */
export async function startWitness({ variables, clock, every, onStop }: Program): Promise<string> {
  const config = readConfig(variables);
  const settings = readListenSettings(variables);
  const operatorSettings = readOperatorSettings(variables, settings);
  const file = openFile(variables.text('STORE'), WITNESS_FILE);
  onStop(() => file.close());
  const deps: WitnessDeps = {
    config,
    ...sqliteStores(file, clock.sleep),
    tally: new Tally(),
    now: () => Math.floor(clock.now() / 1000),
    deadline: clock.deadline,
  };
  const listenAs = async (at: ListenSettings, { fetch: handle }: Hono): Promise<string> => {
    const serving = await serve({ ...at, refuse, respond: (request) => handle(request) });
    onStop(serving.close);
    return serving.origin;
  };
  const operatorApp = withRefusals(healthOnListener(deps).route('/', operatorRoutes(deps)), deps);
  const operator = await listenAs(operatorSettings, operatorApp);
  const origin = await listenAs(settings, witness(deps));
  every(FLUSH_MS, () => deps.tally.flush(deps.counters));
  return `${origin} operator ${operator}`;
}
