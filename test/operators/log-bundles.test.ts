import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parsePolicy } from '@sotto/tlog';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/ports.ts';
import { commandsOf, platformBlocks } from '../support/documents.ts';
import { Machine } from './support/machine.ts';

const GUIDE = 'docs/how-to/log-bundles.md';
let machine: Machine;
let first = 0;
let tls = 0;

beforeAll(async () => {
  machine = await Machine.start();
  first = await freePorts(20);
  tls = await freePorts(1);
});
afterAll(() => machine.close());

/** The commands of a section, with names, ports and the release of this machine. */
function commandsIn(section: string): string[] {
  return platformBlocks(GUIDE, section, 'Node')
    .filter(({ language }) => language === 'console')
    .flatMap((block) => commandsOf(block).map(({ text }) => here(text)));
}

const here = (command: string): string =>
  command
    .replaceAll(
      /https:\/\/(gateway|issuer|relay|witness)(\.other)?\.example/g,
      (_, name: string, other?: string) => `https://${name}.${other === undefined ? 'b' : 'a'}.test:${tls}`,
    )
    .replaceAll('$ROOT', () => rootOf())
    .replace(
      / init ([ab]) \S+/,
      (text, who: string) =>
        `${text} --release ${process.env['SOTTO_RELEASE']} --port ${first + (who === 'a' ? 10 : 0)}`,
    );

const rootOf = (): string =>
  (JSON.parse(readFileSync(path.join(machine.folder, 'ops/a/client.json'), 'utf8')) as { root: string }).root;

test('docs/how-to/log-bundles.md: from nothing to a private search by a client that pins the policy', async () => {
  const commands = commandsIn('Set up both operators with a log');
  expect(commands).toHaveLength(8);
  await machine.must(commands.slice(0, 3).join('\n'));
  appendFileSync(path.join(machine.folder, 'ops/a/relay.env'), 'BUNDLE_SECONDS=1\n');
  await machine.must(commands.slice(3, 6).join('\n'));
  const { witnesses } = parsePolicy(readFileSync(path.join(machine.folder, 'ops/a/policy'), 'utf8'));
  expect(witnesses.map(({ key }) => key.name)).toEqual(['witness.a.test']);
  const { out } = await machine.eventually(commands.slice(6).join('\n'));
  expect(out).toContain('😺');
});

test('docs/how-to/log-bundles.md: check finds no fault on either side, and the monitor reads the log from the mirror', async () => {
  for (const command of commandsIn('Check and watch')) {
    const { out } = await machine.eventually(command);
    expect(out).not.toContain('FAIL');
  }
  expect(existsSync(path.join(machine.folder, 'seen/checkpoint'))).toBe(true);
});

test('docs/how-to/log-bundles.md: signing again adds nothing, and check finds a log key that was exchanged', async () => {
  const again = commandsIn('Sign and log again');
  const { err } = await machine.must(again.join('\n'));
  expect(err).toContain('0 logged, 0 proofs sent, proven until ');
  const policy = path.join(machine.folder, 'ops/a/policy');
  const other = await machine.must(
    `npx @sotto/cli log init other --origin bundles.example --log-secret other.secret\ncp ops/a/policy kept\nsed -i "s|^log .*|log $(sed -n 's/^log //p' other/policy)|" ops/a/policy`,
  );
  expect(other.status).toBe(0);
  const result = await machine.run('npx @sotto/cli check --config ops/a');
  expect([result.status, result.out]).toEqual([
    1,
    expect.stringContaining('LOGS of the witness has another key'),
  ]);
  await machine.must(`cp kept ${policy}`);
  await machine.eventually('npx @sotto/cli check --config ops/a');
});
