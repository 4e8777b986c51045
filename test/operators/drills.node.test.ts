import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultsOf } from './support/drill.ts';
import { EPOCH, Operators } from './support/operators.ts';
import {
  addMigration,
  ALL_WRAPPED,
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
afterAll(async () => console.log(`\n${await operators.close()}\n`));

test.each([
  ['RELAY_TOKEN'],
  ['OPERATOR_TOKEN and the tokens of single roles'],
  ['INTERNAL_TOKEN (issuer) and ISSUER_TOKEN (gateway), on Node'],
])('Node: %s is changed while searches go on', async (section) => {
  const page = { page: 'rotate-secrets.md', section, traffic: true };
  expect(faultsOf(await operators.drill(`change ${section.split(' ')[0]}`, page, oneBlock))).toEqual([]);
  await operators.machine.eventually('npx @sotto/cli check --config ops/b');
});

test('Node: KEY_WRAPPING_KEY is changed while searches go on, and the keys stay', async () => {
  const page = { page: 'rotate-secrets.md', section: 'KEY_WRAPPING_KEY', traffic: true };
  const secret = (): string => readFileSync(operators.file('b/gateway/KEY_WRAPPING_KEY'), 'utf8');
  const [secretBefore, keysBefore] = [secret(), await keyIds(operators)];
  const row = await operators.drill('change KEY_WRAPPING_KEY', page, async (drill) => {
    expect(await drill.block()).toMatch(ALL_WRAPPED);
  });
  expect(faultsOf(row)).toEqual([]);
  expect(secret()).not.toBe(secretBefore);
  expect(await keyIds(operators)).toEqual(keysBefore);
});

test('Node: ACCOUNT_KEY is changed, and the old one is removed in the next epoch', async () => {
  const page = { page: 'rotate-secrets.md', section: 'ACCOUNT_KEY', traffic: true };
  const row = await operators.drill('change ACCOUNT_KEY', page, async (drill) => {
    await drill.block();
    await operators.search();
    await drill.pass(EPOCH);
    await operators.search();
    await drill.pass(EPOCH / 2);
    await operators.search();
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
  const page = {
    page: 'rotate-secrets.md',
    section: 'The TLS certificate, on Node',
    traffic: true,
    config: 'ops/tls',
  };
  await operators.search('ops/tls');
  expect(await servedBy(operators.portOf('ops/tls'))).toBe(first);
  let renewed = '';
  const row = await operators.drill('renew a certificate', page, async (drill) => {
    renewed = await write('renewed');
    await drill.block();
    await drill.pass(60);
    await operators.search('ops/tls');
  });
  expect(row.failed).toBe(0);
  expect(await servedBy(operators.portOf('ops/tls'))).toBe(renewed);
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

test('Node: both stores are backed up while searches go on, and the gateway is restored', async () => {
  const page = { page: 'back-up-and-restore.md', traffic: true };
  const backup = await operators.drill('back up', { ...page, section: 'Back up' }, oneBlock);
  expect([backup.sent > 0, backup.failed]).toEqual([true, 0]);
  const before = await keyIds(operators);
  const restored = { ...page, section: 'Restore the gateway' };
  expect(faultsOf(await operators.drill('restore the gateway', restored, oneBlock))).toEqual([]);
  expect(await keyIds(operators)).toEqual(before);
});

test('Node: the issuer is restored from its backup, and the next epoch issues tokens again', async () => {
  const page = { page: 'restore-the-issuer.md', traffic: false };
  const row = await operators.drill('restore the issuer', page, async (drill) => {
    await drill.block();
    await drill.block(20);
    await waitForNextEpoch(operators, drill);
  });
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Node: the store of the issuer is lost, every key is retired, and the next epoch issues tokens again', async () => {
  const page = {
    page: 'back-up-and-restore.md',
    section: 'Lose the store of the issuer',
    traffic: false,
  };
  const row = await operators.drill('lose the store of the issuer, retire all', page, async (drill) => {
    await drill.block();
    await waitForNextEpoch(operators, drill);
  });
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Node: the alarm rings before signatures run out, and bundles are signed by files', async () => {
  await waitForAlarm(operators);
  expect((await signOffline(operators)).failed).toBe(0);
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
  const page = 'upgrade.md';
  const before = await keyIds(operators);
  expect(
    faultsOf(await operators.drill('upgrade to N+1', { page, section: 'Upgrade', traffic: true }, oneBlock)),
  ).toEqual([]);
  await machine.must(`ln -sfn ${opt}/sotto-before ${opt}/sotto`);
  const old = await machine.run('systemctl restart sotto-gateway');
  expect([old.status, old.out]).toEqual([
    1,
    expect.stringContaining('STORE: was written by a newer version'),
  ]);
  expect(
    faultsOf(await operators.drill('back to N', { page, section: 'Go back', traffic: false }, oneBlock)),
  ).toEqual([]);
  expect(await keyIds(operators)).toEqual(before);
});

test('Node: the root is changed, and a client that saw the announcement follows', async () => {
  const page = { page: 'rotate-secrets.md', section: 'ROOT', traffic: false };
  const row = await operators.drill('change ROOT', page, async (drill) => {
    await drill.block();
    expect(await operators.boundariesUntil(drill, ({ nextRoot }) => nextRoot.length > 0)).toBeLessThanOrEqual(
      2,
    );
    await operators.search('ops/a', 'follower');
    await operators.machine.must('cp -r ops/a ops/old');
    await drill.block();
    expect(
      await operators.boundariesUntil(drill, ({ nextRoot }) => nextRoot.length === 0, 'ops/old', 'follower'),
    ).toBeLessThanOrEqual(2);
    await operators.search('ops/old', 'follower');
  });
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test.each(SERVICE_CHANGES)(
  'Node: clients learn at the next epoch boundary but one that operators %s a service',
  async (...change) => {
    const { minutes } = await changeServices(operators, ...change);
    expect(minutes).toBeGreaterThanOrEqual(EPOCH / 60);
  },
);

test('Node: a service moves to another place while searches go on', async () => {
  const page = { page: 'change-services.md', section: 'Change', traffic: true };
  expect(faultsOf(await operators.drill('change a service', page, oneBlock))).toEqual([]);
});

test('Node: the relay changes its operator, with both relays in use meanwhile', async () => {
  expect(await changeRelay(operators)).toContain('the credential is refused');
});
