import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardedFetch } from '../../services/gateway/src/node/connect.ts';
import { issuerClient } from '../../services/gateway/src/node/issuer-client.ts';
import { asAdmin } from '../../services/issuer/test/postgres/server.ts';
import {
  draw,
  INTERNAL_TOKEN,
  startSupervised,
  type Running,
} from '../../services/issuer/test/support/entry.ts';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { redemption } from '../../services/issuer/test/support/world.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { authority } from '../support/certificates.ts';
import { NO_POSTGRES, startPostgres, type TestServer } from '../support/postgres.ts';

const KILLS = 10;
const BETWEEN = 10; // tokens decided between two kills, at least
const LOOPS = 8; // redemptions at once
const BATCH = 30;
const NAME = 'issuer.internal';

let server: TestServer;
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-network-'));
const file = (name: string): string => path.join(folder, name);
beforeAll(async () => {
  if (NO_POSTGRES !== null) return;
  server = await startPostgres();
  const trusted = await authority();
  const { cert, key } = await trusted.issue([NAME]);
  writeFileSync(file('ca.pem'), trusted.cert);
  writeFileSync(file('cert.pem'), cert);
  writeFileSync(file('key.pem'), key);
  ca = trusted.cert;
});
afterAll(async () => {
  if (NO_POSTGRES === null) await server.remove();
  rmSync(folder, { recursive: true, force: true });
});
let ca = '';

const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }];

/** A balancer of connections: each goes to the next port where somebody listens. */
async function balancer(ports: readonly number[]) {
  const sockets = new Set<Socket>();
  let turn = 0;
  const balance = createServer((near) => {
    const first = turn++;
    const join = (attempt: number): void => {
      if (attempt === ports.length) {
        near.destroy();
        return;
      }
      const far = connect(ports[(first + attempt) % ports.length] ?? 0, '127.0.0.1');
      sockets.add(near).add(far);
      far.once('connect', () => {
        near.pipe(far).pipe(near);
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
      });
      far.once('error', () =>
        far.bytesWritten === 0 && !near.destroyed ? join(attempt + 1) : near.destroy(),
      );
    };
    near.on('error', () => near.destroy());
    join(0);
  }).listen(0, '127.0.0.1');
  await once(balance, 'listening');
  return {
    port: (balance.address() as AddressInfo).port,
    close: () => {
      balance.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test.each(['a list of both', 'a balancer before both'] as const)(
  'two issuers over TLS and two gateways with %s: an issuer that is killed under load loses, doubles and fails no redemption',
  async (way) => {
    const database = way.replaceAll(' ', '_');
    await asAdmin(server, `create database ${database}`);
    const from = await freePorts();
    const ports = [from, from + 1];
    const launch = (i: number): Promise<Running> =>
      startSupervised({
        STORE: server.url.replace(/postgres$/, database),
        STORE_RISKS: 'no-synchronous-standby one-cluster',
        INTERNAL_HOST: '0.0.0.0',
        INTERNAL_PORT: String(ports[i]),
        INTERNAL_TLS_CERT_FILE: file('cert.pem'),
        INTERNAL_TLS_KEY_FILE: file('key.pem'),
      });
    let killed = await launch(0);
    const surviving = await launch(1);
    const balance = await balancer(ports);
    const reached = way === 'a list of both' ? ports : [balance.port];
    const [one, two] = [0, 1].map(() =>
      issuerClient({
        issuers: reached.map((port) => ({
          url: `https://${NAME}:${port}`,
          send: guardedFetch(toLoopback, () => true, { ca }),
          sendAgain: guardedFetch(toLoopback, () => true, { ca }, false),
        })),
        credential: INTERNAL_TOKEN,
        deadline: (ms) => AbortSignal.timeout(20 * ms), // a busy machine is not a failure
        elapsedMs: () => performance.now(),
        random,
      }),
    );
    if (one === undefined || two === undefined) throw new Error('no gateways');

    const tokens: Uint8Array<ArrayBuffer>[] = [];
    const told: string[][] = [];
    let accounts = 0;
    const drawn = async (): Promise<Uint8Array<ArrayBuffer>> => {
      // A connection that was kept may be closed by the issuer, and then a batch is drawn again.
      while (tokens.length === 0)
        tokens.push(...(await draw(surviving, `${accounts++}`, BATCH).catch(() => [])));
      return tokens.pop() ?? random(1);
    };
    const stop = new AbortController();
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const token = await drawn();
        const calls = [one.redeem(redemption(token)), two.redeem(redemption(token))]; // rivals
        const outcomes = await Promise.all(calls.map((call) => call.then(({ outcome }) => outcome, String)));
        told.push(outcomes.toSorted());
      }
    };
    const loops = Promise.all(Array.from({ length: LOOPS }, loop));
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = told.length + BETWEEN;
      while (told.length < enough) await new Promise((resolve) => setTimeout(resolve, 5));
      killed.child.kill('SIGKILL');
      await killed.ended;
      killed = await launch(0);
    }
    stop.abort();
    await loops;
    console.log(`${way}: ${KILLS} kills, ${told.length} tokens, each wanted by two gateways`);
    expect(told).toEqual(told.map(() => ['first', 'spent']));
    expect(told.length).toBeGreaterThanOrEqual(KILLS * BETWEEN);
    balance.close();
    for (const { child } of [killed, surviving]) child.kill('SIGKILL');
  },
);
