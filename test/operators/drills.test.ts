import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/suite.ts';
import { blocksOf, commandsOf } from '../support/documents.ts';
import { drillTable, runDrill, type Drill, type DrillRow } from './support/drill.ts';
import { Machine } from './support/machine.ts';

const EPOCH = 3600; // seconds
const rows: DrillRow[] = [];
let machine: Machine;
let opt = '';
let people = 0;
let ports: { readonly first: number; readonly tls: number };

/** The command on this machine: its names, ports, folders, and `sudo`-free paths. */
const here = (command: string): string =>
  command
    .replaceAll('/opt/', `${opt}/`)
    .replaceAll(
      /https:\/\/(gateway|issuer|relay)(\.other|\.third)?\.example/g,
      (_, name: string, zone = '') =>
        `https://${name}.${name === 'relay' ? `a${zone}` : 'b'}.test:${ports.tls}`,
    )
    .replace(/ init ([ab]) (\S+)/, (text, who: string, folder: string) => {
      const first = ports.first + (who === 'b' ? 0 : folder === 'ops/a' ? 10 : 20);
      return `${text} --release ${opt}/sotto --port ${first}${who === 'b' ? ` --epoch-seconds ${EPOCH}` : ''}`;
    })
    .replaceAll('/var/lib/', `${machine.folder}/lib/`)
    .replaceAll('/var/backups/', `${machine.folder}/backups/`);

beforeAll(async () => {
  machine = await Machine.start();
  ports = { first: await freePorts(), tls: (await freePorts()) + 6 };
  opt = path.join(machine.folder, 'opt');
  mkdirSync(path.join(machine.folder, 'backups'));
  mkdirSync(opt);
  const release = process.env['SOTTO_RELEASE'] ?? '';
  symlinkSync(release, path.join(opt, 'sotto-before'));
  symlinkSync(release, path.join(opt, 'sotto'));
  machine.pass(EPOCH - (Math.floor(machine.now / 1000) % EPOCH) + 60); // a minute into an epoch
  const [seven] = blocksOf('docs/how-to/two-operators.md').filter(({ language }) => language === 'console');
  const commands = (seven ? commandsOf(seven) : []).map(({ text }) => here(text));
  await machine.must(commands.slice(0, 4).join('\n'));
  appendFileSync(
    path.join(machine.folder, 'ops/a/relay.env'),
    'BUNDLE_SECONDS=1\nRATE_PER_MINUTE=1000\nRATE_BURST=1000\n',
  );
  await machine.must(commands.slice(4).join('\n'));
});
afterAll(async () => {
  console.log(`\n${drillTable(rows)}\n`);
  await machine.close();
});

/** Runs a drill on Node and checks that searches work after it. */
async function onNode(
  name: string,
  [page, section]: readonly [page: string, section?: string],
  follow: (drill: Drill) => Promise<void>,
  traffic = true,
): Promise<DrillRow> {
  const options = {
    machine,
    platform: 'Node',
    page,
    here,
    traffic,
    ...(section !== undefined && { section }),
  };
  const row = await runDrill(name, options, follow);
  rows.push(row);
  await search();
  return row;
}

/**
 * A search with a wallet and an account of its own: a wallet that holds tokens of retired keys is refused once for each.
 * It is repeated while the services still work with the epoch, or the table, from before the drill.
 */
const search = async (config = 'ops/a'): Promise<void> => {
  const name = `person${++people}`;
  const account = `export SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account ${name} --config ops/b)`;
  const { out } = await machine.eventually(
    `${account}\nnpx @sotto/cli search happy cat --config ${config} --fresh --wallet ${name}`,
  );
  expect(out).toContain('😺');
};

/** A restart of the one process of a service: what is sent meanwhile fails once, and succeeds when it is tried again. */
const onlyDuringRestarts = ({ failedForGood, sent }: DrillRow): void => {
  expect(failedForGood).toBe(0);
  expect(sent).toBeGreaterThan(0);
};

test.each([
  ['KEY_WRAPPING_KEY'],
  ['RELAY_TOKEN'],
  ['OPERATOR_TOKEN and the tokens of single roles'],
  ['INTERNAL_TOKEN (issuer) and ISSUER_TOKEN (gateway), on Node'],
])('drill: %s is changed while searches go on', async (section) => {
  const before = readFileSync(path.join(machine.folder, 'ops/b/gateway/KEY_WRAPPING_KEY'), 'utf8');
  const row = await onNode(
    `change ${section.split(' ')[0]}`,
    ['rotate-secrets.md', section],
    async (drill) => {
      const wrapped = /[1-9]\d* wrapped\t0 unreadable[\s\S]*[1-9]\d* wrapped\t0 unreadable/;
      expect(await drill.block()).toMatch(section === 'KEY_WRAPPING_KEY' ? wrapped : /^/);
    },
  );
  onlyDuringRestarts(row);
  const after = readFileSync(path.join(machine.folder, 'ops/b/gateway/KEY_WRAPPING_KEY'), 'utf8');
  expect(after === before).toBe(section !== 'KEY_WRAPPING_KEY');
  await machine.eventually('npx @sotto/cli check --config ops/b');
});

const sign = () =>
  machine.eventually('npx @sotto/cli bundle sign --config ops/b --root-secret ops/b.root.secret');

test('drill: the store of the issuer is lost, every key is retired, and the next epoch issues tokens again', async () => {
  const page = ['back-up-and-restore.md', 'Lose the store of the issuer'] as const;
  const row = await onNode(
    'lose the store of the issuer, retire all',
    page,
    async (drill) => {
      await drill.block();
      const refused = await machine.run(
        'SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account lost --config ops/b) npx @sotto/cli search cat --config ops/a --fresh --wallet lost',
      );
      expect(refused.status).not.toBe(0);
      drill.pass(EPOCH);
    },
    false,
  );
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('drill: a forged signature, and one for another bundle, are refused by the gateway', async () => {
  machine.pass(EPOCH);
  await machine.eventually('npx @sotto/cli bundle export forged.json --config ops/b');
  await machine.must('npx @sotto/cli root new --root-secret other.secret');
  await machine.must(
    'npx @sotto/cli bundle sign --in forged.json --out forged.signed.json --root-secret other.secret',
  );
  expect((await machine.run('npx @sotto/cli bundle import forged.signed.json --config ops/b')).status).toBe(
    1,
  );
  await sign();
});

test('drill: the release is upgraded with data, and put back', async () => {
  const next = path.join(opt, 'sotto-next');
  cpSync(process.env['SOTTO_RELEASE'] ?? '', next, { recursive: true });
  const file = path.join(next, 'gateway.mjs');
  const built = readFileSync(file, 'utf8');
  const newer = built.replace(
    /(MIGRATIONS\w* = \{)/,
    '$1 "99999999999999_next": "CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY)",',
  );
  expect(newer).not.toBe(built);
  writeFileSync(file, newer);
  await machine.must(
    `cd ${next}; rm SHA256SUMS; find . -type f -printf '%P\\n' | xargs sha256sum > ../sums; mv ../sums SHA256SUMS`,
  );
  const up = await onNode(
    'upgrade to N+1',
    ['upgrade.md', 'Upgrade'],
    async (drill) => void (await drill.block()),
  );
  onlyDuringRestarts(up);
  await machine.must(`ln -sfn ${opt}/sotto-before ${opt}/sotto`);
  const old = await machine.run('systemctl restart sotto-gateway');
  expect([old.status, old.out]).toEqual([
    1,
    expect.stringContaining('STORE: was written by a newer version'),
  ]);
  const back = await onNode(
    'back to N',
    ['upgrade.md', 'Go back'],
    async (drill) => void (await drill.block()),
    false,
  );
  expect(back.commands).toBeGreaterThan(0);
});

test('drill: the relay changes its operator, with both relays in use meanwhile', async () => {
  await sign();
  const options = { machine, platform: 'Node', page: 'change-relay.md', here, traffic: false };
  rows.push(
    await runDrill('change of the relay', options, async (drill) => {
      await drill.block();
      await drill.block();
      await drill.block(20);
      await search();
      await search('ops/next');
      await drill.block();
    }),
  );
  await search('ops/next');
  const old = await machine.run('npx @sotto/cli check --config ops/a');
  expect(old.out).toContain('the credential is refused');
});
