import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin } from '../../services/issuer/test/postgres/server.ts';
import { running, type Killable } from '../support/killable.ts';
import { NO_POSTGRES, startPostgres, type TestServer } from '../support/postgres.ts';
import { containersOf, type Container } from './support/compose.ts';
import { sitesOf } from './support/front.ts';
import { Machine } from './support/machine.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { needs } from './support/tools.ts';

const release = process.env['SOTTO_RELEASE'] ?? '';
const SCRAM = 'local all all trust\nhost all sotto all trust\nhost all all all scram-sha-256\n';
let machine: Machine;
let ports: { readonly first: number; readonly tls: number };
const clusters: Record<string, TestServer> = {};
const file = (...parts: readonly string[]): string => path.join(machine.folder, 'ops/b', ...parts);

/** The files of `sotto init` for compose over PostgreSQL, and both clusters set up by its scripts. */
beforeAll(async () => {
  if (NO_POSTGRES !== null) return;
  machine = await Machine.start();
  ports = { first: await freePorts(30), tls: await freePorts(1) };
  await machine.must(
    `npx @sotto/cli init b ops/b --on compose --store postgres --release ${release} --port ${ports.first} --gateway https://gateway.b.test:${ports.tls} --issuer https://issuer.b.test:${ports.tls}`,
  );
  for (const [i, name] of ['tokens', 'quotas'].entries()) {
    const server = await startPostgres({ port: ports.first + 7 + i });
    clusters[name] = server;
    writeFileSync(path.join(server.data, 'pg_hba.conf'), SCRAM);
    await server.stop('fast');
    await server.start();
    await runScript(server, readFileSync(file('postgres', `${name}.sql`), 'utf8'));
  }
});
afterAll(async () => {
  if (NO_POSTGRES !== null) return;
  await machine.close();
  for (const server of Object.values(clusters)) await server.remove();
});

/** As psql does: one statement after the other, and another connection after `\connect`. */
async function runScript({ url }: TestServer, script: string): Promise<void> {
  const [first = '', ...others] = script.split(/^\\connect (?=\S+$)/m);
  const parts = [`postgres\n${first}`, ...others];
  for (const part of parts) {
    const [database = '', ...lines] = part.split('\n');
    const statements = lines.filter((line) => !/^(--|\\)/.test(line)).join('\n');
    const at = url.replace(/postgres$/, database);
    await asAdmin({ url: at }, ...statements.split(/;\n/).filter((one) => one.trim() !== ''));
  }
}

const passwordOf = (name: string): string => readFileSync(file(name), 'utf8').trim();

/** Why a login or a statement is refused: the code of PostgreSQL. */
const refusal = (url: string, statement = 'select 1'): Promise<string> =>
  asAdmin({ url }, statement).then(
    () => 'done',
    ({ code, message }: Error & { code?: string }) => code ?? message,
  );

describe('the scripts that sotto init writes for PostgreSQL', () => {
  const WRONG_PASSWORD = '28P01';
  const NOT_PERMITTED = '42501';

  test.for([
    ['tokens', 'sotto_issuer', 'issuer/STORE_PASSWORD'],
    ['tokens', 'sotto_gateway', 'gateway/STORE_PASSWORD'],
    ['quotas', 'sotto_quotas', 'issuer/QUOTA_STORE_PASSWORD'],
  ] as const)(
    'on %s: %s logs in with its password, and has rights only in its own database',
    async ([cluster, role, secret], context) => {
      if (NO_POSTGRES !== null) context.skip(NO_POSTGRES);
      const password = passwordOf(secret);
      const at = (database: string, given = password): string =>
        `postgres://${role}:${given}@127.0.0.1:${clusters[cluster]?.port}/${database}`;
      expect(await refusal(at(role))).toBe('done');
      expect(await refusal(at(role, `${password}x`))).toBe(WRONG_PASSWORD);
      const others =
        cluster === 'quotas' ? [] : ['sotto_issuer', 'sotto_gateway'].filter((one) => one !== role);
      for (const other of others) expect(await refusal(at(other))).toBe(NOT_PERMITTED);
      for (const statement of [
        'create role other',
        'create database other',
        'create table pg_catalog.other ()',
        `alter role ${role} set log_statement = 'all'`,
        "select pg_read_file('postgresql.conf')",
        'checkpoint',
      ]) {
        expect([statement, await refusal(at(role), statement)]).toEqual([statement, NOT_PERMITTED]);
      }
      expect(await refusal(at('postgres'), 'create table other ()')).toBe(NOT_PERMITTED);
      expect(await asAdmin({ url: at(role) }, 'show log_statement')).toEqual([{ log_statement: 'none' }]);
    },
  );
});

/** Starts HAProxy with the configuration of the folder's balancer. */
async function startBalancer(): Promise<Killable> {
  const child = spawn('haproxy', ['-db', '-f', file('proxy/balancer.cfg')], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    kill: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    },
  };
}

/** The status line for a balancer's check: HTTP/1.0, without a Host field. */
async function readiness(port: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /readyz HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const data of socket) text += String(data);
  return text.split('\r\n')[0] ?? '';
}

describe('two of gateway and issuer over PostgreSQL, as the compose file of sotto init starts them', () => {
  test('a private search succeeds behind HAProxy, also while one of each is stopped', async (context) => {
    if (NO_POSTGRES !== null) context.skip(NO_POSTGRES);
    needs(context, 'haproxy', '-v');
    const containers = containersOf(file());
    expect(containers.map(({ name }) => name).toSorted()).toEqual(
      ['gateway', 'gateway-2', 'issuer', 'issuer-2', 'stickers'].toSorted(),
    );
    const processes = new Map<string, Killable>();
    const start = async ({ name, target, env }: Container): Promise<void> => {
      const CATALOGUE = path.join(release, 'catalogue');
      const own = { ...env, ...machine.trust, ...(target === 'stickers' && { CATALOGUE }) };
      processes.set(
        name,
        await running(path.join(release, `${target}.mjs`), own, [], process.execPath, machine.folder),
      );
    };
    const last = (one: Container): number => Number(one.target === 'gateway');
    for (const one of containers.toSorted((a, b) => last(a) - last(b))) await start(one);
    const balancer = await startBalancer();
    for (const site of sitesOf(readFileSync(file('proxy/Caddyfile'), 'utf8'))) await machine.front.add(site);
    try {
      await machine.must(
        [
          'npx @sotto/cli bundle sign --config ops/b --root-secret ops/b.root.secret',
          `npx @sotto/cli init a ops/a --invite ops/b/invite.json --release ${release} --port ${ports.first} --relay https://relay.a.test:${ports.tls}`,
          'systemctl enable --now $PWD/ops/a/systemd/*.service',
        ].join('\n'),
      );
      const listeners = containers.flatMap(({ env: { OPERATOR_PORT: port } }) => port ?? []);
      expect(listeners).toHaveLength(4);
      for (const port of listeners) expect(await readiness(port)).toMatch(/ 200 /);
      /** Twice, so that the balancer uses each process of a service. */
      const search = async (person: string): Promise<void> => {
        const one = `npx @sotto/cli search happy cat --config ops/a --fresh --wallet ${person}`;
        const account = `export SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account ${person} --config ops/b)`;
        const { out } = await machine.must([account, one, one].join('\n'));
        expect(out.split('😺').length).toBeGreaterThan(2);
      };
      await machine.eventually('npx @sotto/cli check --config ops/b');
      await search('both');
      for (const suffix of ['', '-2']) {
        const stopped = containers.filter(
          ({ name, target }) => name === `${target}${suffix}` && target !== 'stickers',
        );
        expect(stopped).toHaveLength(2);
        for (const { name } of stopped) await processes.get(name)?.kill('SIGTERM');
        await search(`without${suffix}`);
        for (const one of stopped.toSorted((a, b) => last(a) - last(b))) await start(one);
      }
      await search('again');
    } finally {
      await balancer.kill();
      for (const process of processes.values()) await process.kill();
    }
  });
});
