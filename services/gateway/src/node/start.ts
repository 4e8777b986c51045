import { nodeHpke } from '@sotto/ohttp/node';
import { serve, type Program } from '@sotto/service/node';
import { openFile } from '@sotto/service/sqlite/file';
import { gateway, refuse } from '../app.ts';
import { compose, type Platform } from '../compose.ts';
import type { UrlTarget } from '../config.ts';
import { runSchedule } from '../keys/schedule.ts';
import { OUTER } from '../problem.ts';
import { fetchService } from '../service/fetch-service.ts';
import { publicAnd } from './addresses.ts';
import { guardedFetch, type Resolve } from './connect.ts';
import { issuerClient } from './issuer-client.ts';
import { readSettings } from './settings.ts';
import { GATEWAY_FILE, sqliteStores } from './stores.ts';

const SCHEDULE_MS = 60_000; // at most, between two runs of the schedule

/** What the entry file of the process chooses. */
interface NodePlatform extends Pick<Platform, 'random'> {
  readonly resolve: Resolve;
}

/** The gateway on Node: the same app over one SQLite file. Returns its origin. */
export async function startGateway(
  { variables, clock, every, onStop }: Program,
  { random, resolve }: NodePlatform,
): Promise<string> {
  const settings = readSettings(variables);
  const { config, permits } = settings;
  const now = (): number => Math.floor(clock.now() / 1000);
  const { sleep, deadline } = clock;
  const file = openFile(settings.store, GATEWAY_FILE);
  onStop(() => file.close());
  const stores = sqliteStores(file, sleep, settings.replayCapacity);
  const issuer = issuerClient({
    send: guardedFetch(resolve, publicAnd(['127.0.0.1', '::1'])),
    url: settings.issuer,
    credential: settings.issuerCredential,
    deadline,
  });
  const deps = compose(config, {
    hpke: nodeHpke(),
    subtle: crypto.subtle,
    now,
    random,
    deadline,
    redeemer: issuer,
    schedule: () => issuer.schedule(),
    replays: stores.replays,
    store: stores.keys,
    serviceOf: ({ name, target }) =>
      fetchService((target as UrlTarget).url, guardedFetch(resolve, permits.get(name) ?? publicAnd([]))),
  });
  const { fetch: answer } = gateway(deps);
  const serving = await serve({
    ...settings,
    answer: (request) => answer(request),
    refuse: (code) => refuse(OUTER[code]),
  });
  onStop(serving.close);
  // After a failure the next run, or a request, makes what is missing.
  every(Math.min(SCHEDULE_MS, config.epochSeconds * 250), async () => {
    await runSchedule(deps.authority, now());
    await stores.purge(now());
  });
  return serving.origin;
}
