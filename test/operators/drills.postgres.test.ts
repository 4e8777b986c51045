import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin } from '../../services/issuer/test/postgres/server.ts';
import { NO_POSTGRES, startPostgres, type TestServer } from '../support/postgres.ts';
import { faultsOf } from './support/drill.ts';
import { Operators } from './support/operators.ts';
import { oneBlock } from './support/shared-drills.ts';

/** A server that requires a password from everybody except its administrator. */
async function startAsking(): Promise<TestServer> {
  const server = await startPostgres();
  const rules = 'host all sotto 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n';
  writeFileSync(path.join(server.data, 'pg_hba.conf'), rules);
  await asAdmin(server, 'select pg_reload_conf()');
  return server;
}

const urlOf = ({ url }: TestServer, user: string, password: string): string =>
  url.replace(/\/\/sotto@(.*)\/postgres$/, `//${user}:${password}@$1/${user}`);

/** Runs a script of `sotto init b` as psql does. */
async function runScript(server: TestServer, script: string): Promise<void> {
  const [first = '', ...others] = script.replaceAll(/^(?:--|\\set).*\n/gm, '').split('\\connect ');
  const parts = [`postgres\n${first}`, ...others];
  for (const part of parts) {
    const [database = '', ...lines] = part.split('\n');
    const statements = lines
      .join('\n')
      .split(';\n')
      .filter((one) => one.trim() !== '');
    await asAdmin({ url: server.url.replace(/postgres$/, database) }, ...statements);
  }
}

const SECRETS = [
  ['sotto_gateway', 'b/gateway/STORE_PASSWORD'],
  ['sotto_issuer', 'b/issuer/STORE_PASSWORD'],
  ['sotto_quotas', 'b/issuer/QUOTA_STORE_PASSWORD'],
] as const;

describe.skipIf(NO_POSTGRES !== null)(`PostgreSQL ${NO_POSTGRES ?? ''}`, () => {
  let operators: Operators;
  let [tokens, quotas]: TestServer[] = [];

  beforeAll(async () => {
    const servers = [await startAsking(), await startAsking()] as const;
    [tokens, quotas] = servers;
    const [first, second] = servers.map(({ port }) => `127.0.0.1:${port}`);
    const options = ` --store postgres --database ${first} --quota-database ${second}`;
    operators = await Operators.start('PostgreSQL', options, async (started) => {
      await runScript(servers[0], readFileSync(started.file('b/postgres/tokens.sql'), 'utf8'));
      await runScript(servers[1], readFileSync(started.file('b/postgres/quotas.sql'), 'utf8'));
      for (const service of ['gateway', 'issuer'])
        appendFileSync(started.file(`b/${service}.env`), 'STORE_RISKS=no-synchronous-standby\n');
      started.machine.databases({ 'db1.example': servers[0].url, 'db2.example': servers[1].url });
    });
  });
  afterAll(async () => {
    await operators.close();
    for (const server of [tokens, quotas]) await server?.remove();
  });

  test('the passwords of all roles are changed, and the former ones are refused', async () => {
    const passwords = (): string[] =>
      SECRETS.map(([, file]) => readFileSync(operators.file(file), 'utf8').trim());
    const admits = (all: readonly string[]): Promise<boolean[]> =>
      Promise.all(
        SECRETS.map(async ([role], i) => {
          const server = role === 'sotto_quotas' ? quotas : tokens;
          if (server === undefined) throw new Error('no server was started');
          return asAdmin({ url: urlOf(server, role, all[i] ?? '') }, 'select 1').then(
            () => true,
            () => false,
          );
        }),
      );
    const former = passwords();
    expect(await admits(former)).toEqual([true, true, true]);
    expect(faultsOf(await operators.drill('change the passwords of PostgreSQL', oneBlock))).toEqual([]);
    expect(await admits(former)).toEqual([false, false, false]);
    expect(await admits(passwords())).toEqual([true, true, true]);
  });
});
