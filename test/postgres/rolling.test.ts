import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as send, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/ports.ts';
import { asAdmin } from '../../services/issuer/test/postgres/server.ts';
import { LiveClient } from '../operators/support/live-client.ts';
import { running, type Killable } from '../support/killable.ts';
import { suiteOnNode, urlsFrom } from '../support/on-node.ts';
import { startPostgres } from '../support/postgres.ts';

const CLIENTS = 4;
const ROUNDS = 2;

/** Sends each request to the next target that is not drained, on a connection of its own, as HAProxy does with `http-reuse never`. */
class Balancer {
  readonly #targets: { readonly port: number; isDrained: boolean; inFlight: number }[] = [];
  readonly #server: Server;
  #turn = 0;

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const ready = this.#targets.filter(({ isDrained }) => !isDrained);
      const target = ready[this.#turn++ % ready.length];
      if (target === undefined) {
        outgoing.writeHead(503).end();
        return;
      }
      target.inFlight++;
      outgoing.once('close', () => target.inFlight--);
      const { method, url, headers } = incoming;
      const to = { host: '127.0.0.1', port: target.port, method, path: url, headers, agent: false };
      const passed = send(to, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(outgoing);
      });
      passed.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
      incoming.pipe(passed);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(url: string): void {
    this.#targets.push({ port: Number(new URL(url).port), isDrained: false, inFlight: 0 });
  }

  /** Sends nothing more to a target. Resolves when it has responded to everything. */
  async drain(i: number): Promise<void> {
    const target = this.#targets[i];
    if (target === undefined) throw new RangeError('no such target');
    target.isDrained = true;
    while (target.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Sends requests to a target again. */
  restore(i: number): void {
    const target = this.#targets[i];
    if (target !== undefined) target.isDrained = false;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A load balancer's check: HTTP/1.0, without a Host field. */
async function isHealthy(url: string): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('GET /health HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const data of socket) text += String(data);
  return text.split('\r\n')[0] ?? '';
}

test('two issuers and two gateways on one PostgreSQL behind balancers: a rolling restart under load fails no request', async () => {
  const server = await startPostgres();
  await asAdmin(server, 'create database issuer');
  await asAdmin(server, 'create database gateway');
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-rolling-'));
  const at = (database: string): string => server.url.replace(/postgres$/, database);
  const STORE_RISKS = 'no-synchronous-standby one-cluster';
  const [gateways, issuers] = [new Balancer(), new Balancer()];
  const through = { gateway: await gateways.listen(), issuer: await issuers.listen() };
  const [port, other] = [await freePorts(), urlsFrom(await freePorts())];
  const first = urlsFrom(port);
  gateways.add(first.gateway);
  issuers.add(first.issuer);
  const suite = await suiteOnNode(folder, {
    port,
    through,
    vars: {
      issuer: { STORE: at('issuer'), STORE_RISKS },
      gateway: { STORE: at('gateway'), STORE_RISKS },
      relay: { RATE_BURST: '100000', RATE_PER_MINUTE: '100000' },
    },
  });
  const portOf = (url: string): string => new URL(url).port;
  const secondIssuer = {
    ...suite.env.issuer,
    PORT: portOf(other.issuer),
    OPERATOR_PORT: portOf(other.issuerOperator),
    INTERNAL_PORT: portOf(other.internal),
  };
  const secondGateway = {
    ...suite.env.gateway,
    PORT: portOf(other.gateway),
    OPERATOR_PORT: portOf(other.gatewayOperator),
    ISSUER: other.internal,
  };
  const start = (part: 'issuer' | 'gateway', env: Readonly<Record<string, string>>): Promise<Killable> =>
    running(`services/${part}/src/node.ts`, env);
  const machine = {
    issuer: await start('issuer', secondIssuer),
    gateway: await start('gateway', secondGateway),
  };
  gateways.add(other.gateway);
  issuers.add(other.issuer);
  for (const url of [first.gateway, other.gateway, first.issuer, other.issuer]) {
    expect(await isHealthy(url)).toMatch(/^HTTP\/1\.[01] 200 /);
  }

  const config = path.join(folder, 'client.json');
  writeFileSync(
    config,
    JSON.stringify({
      relay: suite.urls.relay,
      issuer: through.issuer,
      root: suite.secrets.root,
      epochSeconds: 86_400,
    }),
  );
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, i) => {
      const client = new LiveClient(config, {});
      await client.go(await suite.account(`client ${i}`));
      return client;
    }),
  );

  const pids = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const i of [0, 1]) {
      await Promise.all([gateways.drain(i), issuers.drain(i)]);
      if (i === 0) {
        await suite.stop('gateway');
        await suite.stop('issuer');
        await suite.restart('issuer');
        await suite.restart('gateway');
        pids.add(suite.pid('issuer'));
      } else {
        await machine.gateway.kill('SIGTERM');
        await machine.issuer.kill('SIGTERM');
        machine.issuer = await start('issuer', secondIssuer);
        machine.gateway = await start('gateway', secondGateway);
        pids.add(machine.issuer.pid);
      }
      gateways.restore(i);
      issuers.restore(i);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // some requests go to both again
    }
  }
  const told = await Promise.all(
    clients.map(async (client) => {
      const counts = await client.rest();
      await client.end();
      return counts;
    }),
  );
  console.log(`rolling restart: ${JSON.stringify(told)}`);
  expect(pids.size).toBe(2 * ROUNDS);
  expect(told.map(({ failed, codes }) => [failed, codes])).toEqual(told.map(() => [0, {}]));
  expect(told.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(10 * CLIENTS);
  await Promise.all([
    machine.issuer.kill(),
    machine.gateway.kill(),
    suite.close(),
    gateways.close(),
    issuers.close(),
  ]);
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});
