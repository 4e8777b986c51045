import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultsOf } from './support/drill.ts';
import { drillsOn } from './support/drills.ts';
import { EPOCH, Operators } from './support/operators.ts';
import { changeAccountSigner, changeRoleTokens, changeRoot } from './support/secret-drills.ts';
import {
  addMigration,
  ALL_WRAPPED,
  changeLengths,
  changeRelay,
  changeServices,
  keyIds,
  NEXT_SCHEMA,
  oneBlock,
  offerForgery,
  SERVICE_CHANGES,
  signOffline,
  waitForAlarm,
  waitForNextEpoch,
} from './support/shared-drills.ts';

let operators: Operators;
beforeAll(async () => void (operators = await Operators.start('Node')));
afterAll(() => operators.close());

test.each(['change RELAY_TOKEN', 'change OPERATOR_TOKEN', 'change INTERNAL_TOKEN'] as const)(
  'Node: %s',
  async (name) => {
    expect(faultsOf(await operators.drill(name, oneBlock))).toEqual([]);
    await operators.machine.eventually('npx @sotto/cli check --config ops/b');
  },
);

test('Node: the tokens of single roles are changed, and each admits to its role alone', async () => {
  expect(faultsOf(await changeRoleTokens(operators))).toEqual([]);
});

test('Node: the key of the account server is changed, and the old one is removed when its tokens have expired', async () => {
  expect(faultsOf(await changeAccountSigner(operators))).toEqual([]);
});

test('Node: KEY_WRAPPING_KEY is changed, and the keys stay', async () => {
  const secret = (): string => readFileSync(operators.file('b/gateway/KEY_WRAPPING_KEY'), 'utf8');
  const [secretBefore, keysBefore] = [secret(), await keyIds(operators)];
  const row = await operators.drill('change KEY_WRAPPING_KEY', async (drill) => {
    expect(await drill.block()).toMatch(ALL_WRAPPED);
  });
  expect(faultsOf(row)).toEqual([]);
  expect(secret()).not.toBe(secretBefore);
  expect(await keyIds(operators)).toEqual(keysBefore);
});

test('Node: ACCOUNT_KEY is changed, and the old one is removed in the next epoch', async () => {
  const row = await operators.drill('change ACCOUNT_KEY', async (drill) => {
    await drill.block();
    await operators.search();
    await drill.pass(EPOCH);
    await drill.pass(EPOCH / 2);
    await drill.block();
  });
  expect(faultsOf(row)).toEqual([]);
});

test('Node: a relay that ends TLS itself takes a renewed certificate without a restart', async () => {
  const { machine } = operators;
  const relay = `relay.tls.test:${operators.portOf('ops/tls')}`;
  const files = path.join(machine.folder, 'tls');
  mkdirSync(path.join(machine.folder, 'renewed'));
  mkdirSync(files);
  const write = async (folder: string): Promise<string> => {
    const { cert, key } = await machine.authority.issue(['relay.tls.test']);
    writeFileSync(path.join(machine.folder, folder, 'relay.crt'), cert);
    writeFileSync(path.join(machine.folder, folder, 'relay.key'), key);
    return new X509Certificate(cert).serialNumber;
  };
  const first = await write('tls');
  await machine.must(
    operators.here(`npx @sotto/cli init a ops/tls --invite ops/b/invite.json --relay https://${relay}`),
  );
  const env = readFileSync(operators.file('tls/relay.env'), 'utf8');
  const ownTls = `TLS_CERT_FILE=${files}/relay.crt\nTLS_KEY_FILE=${files}/relay.key\nBUNDLE_SECONDS=1`;
  writeFileSync(operators.file('tls/relay.env'), env.replace('BEHIND_TLS=true', ownTls));
  await machine.must('systemctl enable --now $PWD/ops/tls/systemd/sotto-relay.service');
  await operators.search('ops/tls');
  expect(await servedBy(operators.portOf('ops/tls'))).toBe(first);
  let renewed = '';
  const row = await operators.drill(
    'renew a certificate',
    async (drill) => {
      renewed = await write('renewed');
      await drill.block();
      await drill.pass(60);
    },
    { config: 'ops/tls' },
  );
  expect(row.restarts).toBe(0);
  await expect.poll(() => servedBy(operators.portOf('ops/tls'))).toBe(renewed);
  await machine.must('systemctl stop $PWD/ops/tls/systemd/sotto-relay.service');
});

/** The serial number of the certificate that a port shows. */
const servedBy = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(
      { port, host: '127.0.0.1', servername: 'relay.tls.test', ca: operators.machine.authority.cert },
      () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.end();
      },
    );
    socket.once('error', reject);
  });

test('Node: both stores are backed up, and the gateway is restored', async () => {
  expect(faultsOf(await operators.drill('back up', oneBlock))).toEqual([]);
  const before = await keyIds(operators);
  expect(faultsOf(await operators.drill('restore the gateway', oneBlock))).toEqual([]);
  expect(await keyIds(operators)).toEqual(before);
});

test('Node: the issuer is restored from its backup, and the next epoch issues tokens again', async () => {
  const row = await operators.drill('restore the issuer', async (drill) => {
    await drill.block();
    await drill.block(20);
    await waitForNextEpoch(operators, drill);
  });
  expect(faultsOf(row)).toEqual([]);
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Node: the store of the issuer is lost, every key is retired, and the next epoch issues tokens again', async () => {
  const row = await operators.drill('lose the store of the issuer', async (drill) => {
    await drill.block();
    await waitForNextEpoch(operators, drill);
  });
  expect(faultsOf(row)).toEqual([]);
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Node: the alarm rings before signatures run out, and bundles are signed by files', async () => {
  await waitForAlarm(operators);
  expect((await signOffline(operators)).restarts).toBe(0);
});

test('Node: a forged signature is refused by the gateway', async () => {
  await operators.machine.pass(EPOCH);
  expect(await offerForgery(operators)).toBe(1);
  await operators.sign();
  await operators.search();
});

test('Node: the release is upgraded with data, and put back', async () => {
  const { machine, opt } = operators;
  const next = path.join(opt, 'sotto-next');
  cpSync(process.env['SOTTO_RELEASE'] ?? '', next, { recursive: true });
  await addMigration(operators, next, 'gateway.mjs', NEXT_SCHEMA);
  const before = await keyIds(operators);
  expect(faultsOf(await operators.drill('upgrade to N+1', oneBlock))).toEqual([]);
  const row = await operators.drill('back to N', async (drill) => {
    await machine.must(`ln -sfn ${opt}/sotto-before ${opt}/sotto`);
    const old = await machine.run('systemctl restart sotto-gateway');
    expect([old.status, old.out]).toEqual([
      1,
      expect.stringContaining('STORE: was written by a newer version'),
    ]);
    await drill.block();
  });
  expect(faultsOf(row)).toEqual([]);
  expect(await keyIds(operators)).toEqual(before);
});

test('Node: the root is changed, and a client that saw the announcement follows', async () => {
  const row = await changeRoot(operators);
  expect(faultsOf(row)).toEqual([]);
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test.each(SERVICE_CHANGES)(
  'Node: clients learn at the next epoch boundary but one that operators %s a service',
  async (...change) => {
    const row = await changeServices(operators, ...change);
    expect(faultsOf(row)).toEqual([]);
    expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
  },
);

test('Node: the lengths of a service are changed, and clients have them at the next epoch boundary but one', async () => {
  expect(faultsOf(await changeLengths(operators))).toEqual([]);
});

test('Node: a service moves to another place', async () => {
  expect(faultsOf(await operators.drill('move a service', oneBlock))).toEqual([]);
});

test('Node: the relay changes its operator, with both relays in use meanwhile', async () => {
  expect(await changeRelay(operators)).toContain('the credential is refused');
});

test('Node: every drill was run, and no more searches failed than may', () => {
  expect(operators.rows.flatMap(faultsOf)).toEqual([]);
  expect(new Set(operators.rows.map(({ drill }) => drill))).toEqual(new Set(drillsOn('Node')));
});
