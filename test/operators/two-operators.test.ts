import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/suite.ts';
import { blocksOf, commandsOf } from '../support/documents.ts';
import { Machine } from './support/machine.ts';

const [onNode = [], onWorkers = []] = blocksOf('docs/how-to/two-operators.md')
  .filter(({ language }) => language === 'console')
  .map((block) => commandsOf(block).map(({ text }) => text));
let machine: Machine;
let port: number;

beforeAll(async () => {
  machine = await Machine.start();
  port = await freePorts();
});
afterAll(() => machine.close());

/** The command with names of this machine, free ports, and the release that was just built. */
const here = (command: string, ports: { readonly first: number; readonly tls: number }): string =>
  command
    .replaceAll(/https:\/\/(gateway|issuer|relay)(\.other)?\.example/g, (_, name: string) => {
      return `https://${name}.${name === 'relay' ? 'a' : 'b'}.test:${ports.tls}`;
    })
    .replace(/ init ([ab]) \S+/, (text, who: string) => {
      return `${text} --release ${process.env['SOTTO_RELEASE']} --port ${ports.first + (who === 'a' ? 10 : 0)}`;
    });

test('two operators on Node: seven commands lead from nothing to a private search', async () => {
  expect(onNode).toHaveLength(7);
  const ports = { first: port, tls: (await freePorts()) + 6 };
  const { out } = await machine.must(onNode.map((command) => here(command, ports)).join('\n'));
  expect(out).toContain('😺');
  const probed = await machine.run('npx @sotto/cli probe --config ops/a');
  expect(probed.out).not.toContain('FAIL');
  expect(probed.status).toBe(0);
});

test('two operators on Node: every secret file can be read by its owner alone', () => {
  const folder = path.join(machine.folder, 'ops');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const modes = Object.fromEntries(
    files.map((file) => [file, statSync(path.join(folder, file)).mode & 0o777]),
  );
  const secrets = files.filter((file) => /(TOKEN|TOKENS|KEY|secret|token|jwk|invite\.json)$/.test(file));
  expect(secrets.length).toBeGreaterThan(10);
  expect(secrets.filter((file) => modes[file] !== 0o600)).toEqual([]);
  expect(onWorkers).toHaveLength(7);
});
