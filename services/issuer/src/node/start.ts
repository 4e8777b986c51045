import { readFileSync } from 'node:fs';
import { PROBLEMS, problemResponse, type ProblemCode } from '@sotto/http';
import { ConfigError } from '@sotto/service/config';
import { aesKeyWrap, type AesSubtle } from '@sotto/service/keys';
import {
  readInternalSettings,
  readListenSettings,
  serve,
  type ListenSettings,
  type Program,
  readOperatorSettings,
} from '@sotto/service/node';
import { isPostgres, NEEDS_DATABASE, StoreError } from '@sotto/service/store';
import { groupCommit } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { operatorStores } from '@sotto/service/sqlite/operator';
import { settledClock } from '@sotto/service/settled-clock';
import { app, operatorApp } from '../app.ts';
import { readConfig } from '../config.ts';
import { byTokenType, Issuer, type IssuerDeps } from '../issuer.ts';
import type { System } from '../ports.ts';
import type { OpenedPostgres } from '../postgres/open.ts';
import type { ScheduleDeps } from '../schedule.ts';
import { KeyError } from '../secret-key.ts';
import { StoreRevision } from '../store-revision.ts';
import { ISSUER_FILE, sqliteKeys, sqliteQuota, sqliteSpentTokens } from './ports.ts';
import { redeemRoute } from './redeem-route.ts';

/** The ports, and a watch on keys that other machines retire: one file has one machine, and needs none. */
type OpenedStores = Omit<OpenedPostgres, 'watch'> & Partial<Pick<OpenedPostgres, 'watch'>>;

/** The dependencies that the entry file chooses. */
export interface NodeDeps extends Pick<IssuerDeps, 'fetch' | 'voprf'> {
  readonly system: Omit<System, 'now' | 'settledNow'>;
  readonly subtle: AesSubtle;
}

const SCHEDULE_MS = 60_000; // between two runs of the schedule
const CHECK_MS = 600_000; // between two checks of what the issuer depends on
const WATCH_MS = 1000; // between two checks whether another machine retired the keys

/** The issuer over its store: a public listener, one for the operator, and one for gateways. Returns its origins for the ready line. */
export async function startIssuer(
  program: Program,
  { system: given, fetch, subtle, voprf }: NodeDeps,
): Promise<string> {
  const { variables, clock, every, onStop, warn } = program;
  const config = readConfig(variables);
  const system = { ...given, ...clocks(clock, config.epochSeconds) };
  const listening = readListenSettings(variables);
  const internalTokens = variables.credentials('INTERNAL_TOKEN');
  const internalSettings = readInternalSettings(variables, listening);
  const wrap = aesKeyWrap(subtle, config.wrappingKeys, system.random);
  const { ports, watch } = await openStores(program, { config, system, wrap, voprf: byTokenType(voprf) });
  const issuer = new Issuer({ config, system, fetch, voprf, wrap, ...ports });
  if (variables.flag('RESTORED')) await issuer.retireAll();
  if (variables.flag('KEYS_LOST')) await issuer.replaceUnreadable();
  await checkKeys(issuer);

  const internal = await listen(internalSettings, redeemRoute(issuer, internalTokens).fetch);
  onStop(internal.close);
  const operator = await listen(readOperatorSettings(variables, listening), operatorApp(issuer).fetch);
  onStop(operator.close);
  const serving = await listen(listening, app(issuer).fetch);
  onStop(serving.close);
  every(SCHEDULE_MS, () => issuer.runSchedule());
  every(CHECK_MS, reportNew(issuer, warn));
  if (watch !== undefined)
    every(
      WATCH_MS,
      watch(() => issuer.forgetKeys()),
    );
  return `${serving.origin} operator ${operator.origin}`;
}

/** STORE is a file, or a database that several machines share. */
async function openStores(
  { variables, clock, onStop, warn }: Program,
  deps: Omit<ScheduleDeps, 'store'> & { readonly system: System },
): Promise<OpenedStores> {
  const path = variables.text('STORE');
  if (isPostgres(path)) {
    const { openPostgresIssuer } = await import('../postgres/open.ts'); // which loads the driver
    const readFile = (file: string): string => readFileSync(file, 'utf8');
    return openPostgresIssuer({ ...deps, ...clock, variables, readFile, onStop, warn });
  }
  if (variables.has('MOVE_FROM')) variables.value('MOVE_FROM').fail(NEEDS_DATABASE);
  const { config, system } = deps;
  const database = openFile(path, ISSUER_FILE);
  onStop(() => database.close());
  const store = groupCommit(database, system.pause);
  const authority = sqliteKeys({ ...deps, ...store });
  const revision = new StoreRevision(() => authority.revision());
  return {
    ports: {
      authority,
      revision,
      quota: sqliteQuota(store, { now: system.now, epochSeconds: config.epochSeconds }),
      spent: sqliteSpentTokens(store, system.now, (spent) => revision.observe(spent)),
      ...operatorStores(store),
    },
  };
}

const SETTLED_SECONDS = 300; // for this long the clock must have passed a time before anything is deleted by it

/** The clock of the machine; deletions follow it only when it has settled. The window is shorter where epochs are. */
function clocks(clock: Program['clock'], epochSeconds: number): Pick<System, 'now' | 'settledNow'> {
  const now = (): number => Math.floor(clock.now() / 1000);
  const windowSeconds = Math.min(SETTLED_SECONDS, epochSeconds / 4);
  return { now, settledNow: settledClock({ now, elapsed: () => clock.elapsedMs() / 1000, windowSeconds }) };
}

/** Prints each problem once, for as long as it lasts. */
function reportNew(issuer: Issuer, warn: Program['warn']): () => Promise<void> {
  let known: readonly string[] = [];
  return async () => {
    const problems = await issuer.check();
    for (const problem of problems) if (!known.includes(problem)) warn(problem);
    known = problems;
  };
}

const REMEDIES: Readonly<Record<KeyError['code'], readonly [path: string, remedy: string]>> = {
  'not-unwrapped': [
    'KEY_WRAPPING_KEY',
    'does not unwrap the keys in STORE. Set the key that they were stored under, or KEYS_LOST=1 if that is lost',
  ],
  'epoch-seconds': [
    'EPOCH_SECONDS',
    'differs from the length that STORE was begun with. Set that, or begin with an empty store',
  ],
  'issuer-name': [
    'ISSUER_NAME',
    'differs from the name that STORE was begun with. Set that, or begin with an empty store',
  ],
  mismatch: ['STORE', 'contains keys that do not belong to this configuration'],
  'no-truncated-id': ['SERVICES', 'has more services and types than truncated key ids can tell apart'],
};

/** Unwraps the keys now, so that a wrong wrapping key is found at the start and not by the first request. */
async function checkKeys({ keyring }: Issuer): Promise<void> {
  try {
    await keyring.use(() => {});
  } catch (error) {
    // The error's message has this form if a server lost its standby or was promoted.
    const [, store] = error instanceof StoreError ? (/^STORE: (.+)$/.exec(error.message) ?? []) : [];
    if (store !== undefined) throw new ConfigError('STORE', store, { cause: error });
    if (!(error instanceof KeyError)) throw error;
    const [path, remedy] = REMEDIES[error.code];
    throw new ConfigError(path, `${remedy} (${error.message})`, { cause: error });
  }
}

function listen(settings: ListenSettings, respond: (request: Request) => Response | Promise<Response>) {
  const refuse = (code: ProblemCode): Response => problemResponse(PROBLEMS[code]);
  return serve({ ...settings, respond, refuse });
}
