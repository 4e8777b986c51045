import { readFileSync } from 'node:fs';
import type { ProblemCode } from '@sotto/http';
import { nodeHpke } from '@sotto/ohttp/node';
import { serve, type ListenSettings, type Program } from '@sotto/service/node';
import { settledClock } from '@sotto/service/settled-clock';
import { openFile } from '@sotto/service/sqlite/file';
import { isPostgres, NEEDS_DATABASE } from '@sotto/service/store';
import type { Hono } from 'hono';
import { gateway, operatorApp, refuse } from '../app.ts';
import { compose, type Platform } from '../compose.ts';
import type { UrlTarget } from '../config.ts';
import { replaceUnreadable, requireReadable } from '../keys/rotation.ts';
import { runSchedule } from '../keys/schedule.ts';
import { OUTER } from '../problem.ts';
import { fetchService } from '../service/fetch-service.ts';
import { permitAddresses } from './addresses.ts';
import { guardedFetch, type Resolve } from './connect.ts';
import { trackIssuer } from '../issuer.ts';
import { issuerClient } from './issuer-client.ts';
import { readSettings, type Settings } from './settings.ts';
import { GATEWAY_FILE, sqliteStores, type Stores } from './stores.ts';

const SCHEDULE_MS = 60_000; // at most, between two runs of the schedule
/** Nothing is deleted by a clock that was set forward for less than this: longer than a request's Date is accepted. */
const SETTLED_SECONDS = 1800;
const ANYWHERE = (): boolean => true; // the certificate proves that it is the issuer
const LOOPBACK_ONLY = permitAddresses({ own: ['127.0.0.1', '::1'], internet: false, nat64: null });
const NOWHERE = permitAddresses({ own: [], internet: false, nat64: null });

const unreadable = (epochIndex: number): string =>
  `KEY_WRAPPING_KEY: does not unwrap the keys of epoch ${epochIndex}. Set KEY_WRAPPING_KEY_PREVIOUS to the key before it`;

/** The dependencies that the entry file of the process chooses. */
interface NodePlatform extends Pick<Platform, 'random'> {
  readonly resolve: Resolve;
}

/** The gateway on Node: the same app over its store. Returns its origins for the ready line. */
export async function startGateway(program: Program, platform: NodePlatform): Promise<string> {
  const { variables, clock, every, onStop, warn } = program;
  const { random, resolve } = platform;
  const settings = readSettings(variables);
  const { config, permits } = settings;
  const now = (): number => Math.floor(clock.now() / 1000);
  const { sleep, deadline, elapsedMs } = clock;
  const stores = await openStores(program, settings);
  const issuer = trackIssuer(clientOf(settings, program, platform), stores.keys, elapsedMs);
  onStop(issuer.remember);
  const settledNow = settledClock({
    now,
    elapsed: () => elapsedMs() / 1000,
    windowSeconds: Math.min(SETTLED_SECONDS, config.epochSeconds / 4),
  });
  const deps = compose(config, {
    hpke: nodeHpke(),
    subtle: crypto.subtle,
    now,
    random,
    deadline,
    elapsedMs,
    sleep,
    settledNow,
    redeemer: issuer,
    refiller: issuer,
    schedule: issuer.schedule,
    replays: stores.replays,
    store: stores.keys,
    counters: stores.counters,
    log: stores.log,
    serviceOf: ({ name, target }) =>
      fetchService((target as UrlTarget).url, guardedFetch(resolve, permits.get(name) ?? NOWHERE)),
  });
  if (variables.flag('KEYS_LOST')) await replaceUnreadable(deps.authority, now());
  else for (const epochIndex of await requireReadable(deps.authority)) warn(unreadable(epochIndex));
  const operator = await listenAs(settings.operator, operatorApp(deps), program);
  const origin = await listenAs(settings, gateway(deps), program);
  let reported: ReadonlySet<string> = new Set();
  // After a failure the next run, or a request, makes what is missing.
  every(Math.min(SCHEDULE_MS, config.epochSeconds * 250), async () => {
    const problems = await runSchedule(deps.authority, now());
    for (const problem of problems) if (!reported.has(problem)) warn(problem);
    reported = new Set(problems);
    const settled = settledNow();
    if (settled !== null) await stores.purge(settled);
    await deps.tally.flush(deps.counters);
  });
  return `${origin} operator ${operator}`;
}

function clientOf(
  settings: Settings,
  { clock: { deadline, elapsedMs } }: Program,
  { random, resolve }: NodePlatform,
): ReturnType<typeof issuerClient> {
  const issuers = settings.issuers.map((url) => {
    const permitted = url.startsWith('https:') ? ANYWHERE : LOOPBACK_ONLY;
    const connect = (keepAlive: boolean) => guardedFetch(resolve, permitted, settings.issuerTls, keepAlive);
    return { url, send: connect(true), sendAgain: connect(false) };
  });
  return issuerClient({ issuers, credential: settings.issuerCredential, deadline, elapsedMs, random });
}

/** Serves an app until the program stops. Returns its origin. */
async function listenAs(at: ListenSettings, { fetch: handle }: Hono, { onStop }: Program): Promise<string> {
  const serving = await serve({
    ...at,
    refuse: (code: ProblemCode) => refuse(OUTER[code]),
    respond: (request) => handle(request),
  });
  onStop(serving.close);
  return serving.origin;
}

/** STORE is a file, or a database that several machines share. */
async function openStores(
  { variables, clock, onStop, warn }: Program,
  { store, replayCapacity }: Settings,
): Promise<Stores> {
  if (isPostgres(store)) {
    const { openPostgresGateway } = await import('../postgres/open.ts'); // which loads the driver
    const readFile = (path: string): string => readFileSync(path, 'utf8');
    return openPostgresGateway({ ...clock, variables, readFile, onStop, warn }, replayCapacity);
  }
  if (variables.has('MOVE_FROM')) variables.value('MOVE_FROM').fail(NEEDS_DATABASE);
  const file = openFile(store, GATEWAY_FILE);
  onStop(() => file.close());
  return sqliteStores(file, clock.sleep, replayCapacity);
}
