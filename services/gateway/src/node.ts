// The gateway on Node: the same app and statements over one SQLite file. specs/deployment.md lists its variables.
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeHpke } from '@sotto/ohttp/node';
import { ConfigError as FileError } from '@sotto/service/config';
import { openFile } from '@sotto/service/sqlite/file';
import { gateway } from './app.ts';
import { compose } from './compose.ts';
import { ConfigError, type UrlTarget } from './config.ts';
import { destroyDead, prepare } from './keys/authority.ts';
import { publicAnd } from './node/addresses.ts';
import { guardedFetch, type Resolve } from './node/connect.ts';

import { issuerClient } from './node/issuer-client.ts';
import { serve } from './node/serve.ts';
import { readSettings, type Settings } from './node/settings.ts';
import { GATEWAY_FILE, sqliteStores } from './node/stores.ts';
import { fetchService } from './service/fetch-service.ts';

const TICK = 60_000; // milliseconds at most between two runs of the schedule

const now = (): number => Math.floor(Date.now() / 1000);
const deadline = (ms: number): AbortSignal => AbortSignal.timeout(ms);
const resolve: Resolve = (name) => lookup(name, { all: true });

async function main(settings: Settings): Promise<void> {
  const { config, permits, issuer: url, issuerCredential: credential } = settings;
  const file = openFile(settings.store, GATEWAY_FILE);
  const stores = sqliteStores(file, async (ms) => sleep(ms), settings.replayCapacity);
  const issuer = issuerClient({
    send: guardedFetch(resolve, publicAnd(['127.0.0.1', '::1'])),
    url,
    credential,
    deadline,
  });
  const deps = compose(config, {
    hpke: nodeHpke(),
    subtle: crypto.subtle,
    now,
    random: (length) => new Uint8Array(randomBytes(length)),
    deadline,
    redeemer: issuer,
    schedule: () => issuer.schedule(),
    replays: stores.replays,
    store: stores.keys,
    serviceOf: ({ name, target }) =>
      fetchService((target as UrlTarget).url, guardedFetch(resolve, permits.get(name) ?? publicAnd([]))),
  });
  const { fetch } = gateway(deps);
  const serving = await serve({ ...settings, answer: (request) => fetch(request) });

  const tick = async (): Promise<void> => {
    await destroyDead(deps.authority, now());
    await prepare(deps.authority, now());
    await stores.purge(now());
  };
  const run = (): void => void tick().catch(() => {}); // the next one, or a request, makes what is missing
  run();
  const timer = setInterval(run, Math.min(TICK, config.epochSeconds * 250));
  process.stdout.write(`ready ${serving.origin}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    clearInterval(timer);
    void serving.close().then(() => {
      file.close();
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

process.stdout.on('error', () => {}); // nobody may be reading
process.stderr.on('error', () => {});

try {
  await main(readSettings(process.env));
} catch (error) {
  // What is not a constant of ours may quote a value, so only its name is said.
  const reason =
    error instanceof ConfigError || error instanceof FileError
      ? error.message
      : `cannot start: ${(error as Error).name}`;
  process.stderr.write(`sotto gateway: ${reason}\n`);
  process.exit(1);
}
