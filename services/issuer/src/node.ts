// The issuer on Node: the same routes and statements over one SQLite file.
//
//   STORE          path of the file; made when it is not there
//   PORT, HOST     the public listener (8080 on 127.0.0.1; a TLS proxy stands before it)
//   INTERNAL_PORT  the gateway's listener, on loopback alone (8081)
//   INTERNAL_TOKEN its credential, 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /
//   RESTORED=1     set for one start after STORE came back from a backup: retires every key first
//
// and the variables of the Worker: EPOCH_SECONDS, ISSUER_NAME, ISSUER_URL, SERVICES, ATTESTERS,
// ACCOUNT_KEY, KEY_WRAPPING_KEY, OPERATOR_TOKEN.
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { listen, type Serving } from '@sotto/http/node';
import { aesKeyWrap } from '@sotto/service/keys';
import { ConfigError as FileError } from '@sotto/service/config';
import { groupCommit } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { nodeEcdhVoprf } from '@sotto/voprf/ecdh-node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { app } from './app.ts';
import { ConfigError, credential, parseConfig } from './config.ts';
import { byTokenType, Issuer } from './issuer.ts';
import { ISSUER_FILE, memoryCounters, sqliteKeys, sqliteQuota, sqliteSpentTokens } from './node/ports.ts';
import { redeemRoute } from './node/redeem-route.ts';
import type { Platform } from './ports.ts';
import { KeyError } from './secret-key.ts';

const TICK = 60_000; // milliseconds between two runs of the schedule
const DRAIN = 8000; // milliseconds for what is in flight when we are stopped

const platform: Platform = {
  now: () => Math.floor(Date.now() / 1000),
  random: (length) => new Uint8Array(randomBytes(length)),
  date: (seconds) => new Date(seconds * 1000),
  pause: (milliseconds) => (milliseconds === 0 ? turn() : sleep(milliseconds)),
};

const voprf = {
  'ristretto255-SHA512': sodiumVoprf(await loadSodium()),
  'P384-SHA384': nodeEcdhVoprf(),
};

function storePath(): string {
  const path = process.env['STORE'] ?? '';
  if (path === '') throw new ConfigError('STORE', 'the path of a file is needed');
  return path;
}

function port(variable: string, fallback: string): number {
  const value = process.env[variable] ?? fallback;
  if (!/^[0-9]{1,5}$/.test(value)) throw new ConfigError(variable, 'a port is needed');
  return Number(value);
}

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const internalToken = credential(process.env['INTERNAL_TOKEN'], 'INTERNAL_TOKEN');
  const database = openFile(storePath(), ISSUER_FILE);
  const store = groupCommit(database, async (milliseconds) => sleep(milliseconds));
  const wrap = aesKeyWrap(crypto.subtle, config.wrappingKey, platform.random);
  const issuer = new Issuer({
    config,
    platform,
    fetch,
    voprf,
    wrap,
    authority: sqliteKeys({ config, platform, wrap, voprf: byTokenType(voprf), ...store }),
    quota: sqliteQuota(store, { now: platform.now, epochSeconds: config.epochSeconds }),
    spent: sqliteSpentTokens(store, platform.now),
    counters: memoryCounters(),
  });
  if (process.env['RESTORED'] === '1') await issuer.retireAll();
  // A key that does not open is found here, and not by the first who needs it.
  await issuer.keyring.use(() => {});

  const servers = await Promise.all([
    listenOn(process.env['HOST'] ?? '127.0.0.1', port('PORT', '8080'), app(issuer).fetch),
    listenOn('127.0.0.1', port('INTERNAL_PORT', '8081'), redeemRoute(issuer, internalToken).fetch),
  ]);
  const timer = setInterval(() => void issuer.runSchedule().catch(() => {}), TICK);
  process.stdout.on('error', () => {}); // whoever read it may be gone
  process.stdout.write('ready\n');
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    clearInterval(timer);
    void Promise.all(servers.map((server) => server.close())).then(() => {
      database.close();
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

type Fetch = (request: Request) => Response | Promise<Response>;

function listenOn(hostname: string, at: number, fetch: Fetch): Promise<Serving> {
  const serverOptions = { requestTimeout: 30_000, headersTimeout: 10_000, connectionsCheckingInterval: 2000 };
  const server = createAdaptorServer({ fetch, hostname, serverOptions }) as Server;
  return listen(server, { host: hostname, port: at, drainMs: DRAIN });
}

try {
  await main();
} catch (error) {
  // A line for people. What is not a constant of ours may quote a value, so only its name is said.
  const ours = error instanceof ConfigError || error instanceof FileError || error instanceof KeyError;
  const reason = ours ? error.message : `cannot start: ${(error as Error).name}`;
  process.stderr.write(`sotto issuer: ${reason}\n`);
  process.exit(1);
}
