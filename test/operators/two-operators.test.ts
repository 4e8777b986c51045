import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf, commandsOf } from '../support/documents.ts';
import { Machine } from './support/machine.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { Accounts } from './support/workers.ts';

const [onNode = [], onWorkers = []] = blocksOf('docs/how-to/two-operators.md')
  .filter(({ language }) => language === 'console')
  .map((block) => commandsOf(block).map(({ text }) => text));
let machine: Machine;
let workers: Machine;
let ports: Ports;

interface Ports {
  readonly first: number;
  readonly tls: number;
}

beforeAll(async () => {
  machine = await Machine.start();
  workers = await Machine.start(
    (front) => new Accounts(mkdtempSync(path.join(tmpdir(), 'sotto-accounts-')), front),
  );
  ports = { first: await freePorts(20), tls: await freePorts(1) };
});
afterAll(async () => {
  await machine.close();
  await workers.close();
});

/** The command with names of this machine, free ports, and the release that was just built. */
const here = (command: string, { first, tls }: Ports): string =>
  command
    .replaceAll(
      /https:\/\/(gateway|issuer|relay)(\.other)?\.example/g,
      (_, name: string) => `https://${name}.${name === 'relay' ? 'a' : 'b'}.test:${tls}`,
    )
    .replace(
      / init ([ab]) \S+/,
      (text, who: string) =>
        `${text} --release ${process.env['SOTTO_RELEASE']} --port ${first + (who === 'a' ? 10 : 0)}`,
    );

const failures = ({ out }: { readonly out: string }): string[] =>
  out.split('\n').filter((line) => line.includes('FAIL'));

describe('two operators on Node', () => {
  test('seven commands lead from nothing to a private search, with no fault in check and probe', async () => {
    expect(onNode).toHaveLength(7);
    const { out } = await machine.must(onNode.map((command) => here(command, ports)).join('\n'));
    expect(out).toContain('😺');
    for (const command of ['check --config ops/b', 'check --config ops/a', 'probe --config ops/a']) {
      const result = await machine.run(`npx @sotto/cli ${command}`);
      expect([command, failures(result), result.status]).toEqual([command, [], 0]);
    }
  });

  test('every secret file can be read by its owner alone', () => {
    const folder = path.join(machine.folder, 'ops');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const modes = Object.fromEntries(
      files.map((file) => [file, statSync(path.join(folder, file)).mode & 0o777]),
    );
    const secrets = files.filter((file) => /(TOKEN|TOKENS|KEY|secret|token|jwk|invite\.json)$/.test(file));
    expect(secrets.length).toBeGreaterThan(10);
    expect(secrets.filter((file) => modes[file] !== 0o600)).toEqual([]);
  });

  test('N80 check finds a proxy that adds fields, and the gateway refuses what comes through it', async () => {
    const host = `gateway.b.test:${ports.tls}`;
    await machine.front.add({ host, port: ports.first + 1, removed: [] });
    const result = await machine.run('npx @sotto/cli check --config ops/b');
    expect(failures(result)).toEqual([expect.stringContaining('the proxy adds a field')]);
    expect(result.status).toBe(1);
    const removed = ['x-forwarded-for', 'x-forwarded-host', 'via'];
    await machine.front.add({ host, port: ports.first + 1, removed });
    expect((await machine.run('npx @sotto/cli check --config ops/b')).status).toBe(0);
  });

  test.each([
    ['that expires in a week', 7, 'expires in'],
    ['that has expired', -1, 'CERT_HAS_EXPIRED'],
  ])('check finds a certificate %s', async (_name, days, message) => {
    await machine.front.renew('issuer.b.test', days);
    const result = await machine.run('npx @sotto/cli check --config ops/b');
    await machine.front.renew('issuer.b.test', 60);
    expect(failures(result)).toEqual([expect.stringContaining(message)]);
  });
});

describe("two operators on Workers' local runtime", () => {
  test('seven commands lead from nothing to a private search, with no fault in check and probe', async () => {
    expect(onWorkers).toHaveLength(7);
    const own = { ...ports, tls: await freePorts(1) };
    const { out } = await workers.must(onWorkers.map((command) => here(command, own)).join('\n'));
    expect(out).toContain('😺');
    for (const command of ['check --config ops/b', 'check --config ops/a', 'probe --config ops/a']) {
      const result = await workers.run(`npx @sotto/cli ${command}`);
      expect([command, failures(result), result.status]).toEqual([command, [], 0]);
    }
  });
});
