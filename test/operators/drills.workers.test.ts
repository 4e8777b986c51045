import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
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
beforeAll(async () => void (operators = await Operators.start('Workers')));
afterAll(async () => console.log(`\n${await operators.close()}\n`));

/** No restart is counted on Workers, so a single failed search is a fault. */
const NONE: readonly string[] = [];

test.each([['RELAY_TOKEN'], ['OPERATOR_TOKEN and the tokens of single roles']])(
  'Workers: %s is changed while searches go on, and none fails',
  async (section) => {
    const page = { page: 'rotate-secrets.md', section, traffic: true };
    const row = await operators.drill(`change ${section.split(' ')[0]}`, page, oneBlock);
    expect(faultsOf(row)).toEqual(NONE);
    await operators.machine.eventually('npx @sotto/cli check --config ops/b');
  },
);

test('Workers: KEY_WRAPPING_KEY is changed while searches go on, and the keys stay', async () => {
  const page = { page: 'rotate-secrets.md', section: 'KEY_WRAPPING_KEY', traffic: true };
  const before = await keyIds(operators);
  const row = await operators.drill('change KEY_WRAPPING_KEY', page, async (drill) => {
    expect(await drill.block()).toMatch(ALL_WRAPPED);
  });
  expect(faultsOf(row)).toEqual(NONE);
  expect(await keyIds(operators)).toEqual(before);
  expect(readFileSync(operators.file('b/gateway.secrets.json'), 'utf8')).not.toContain('PREVIOUS');
});

test('Workers: ACCOUNT_KEY is changed, and the old one is removed in the next epoch', async () => {
  const page = { page: 'rotate-secrets.md', section: 'ACCOUNT_KEY', traffic: true };
  const row = await operators.drill('change ACCOUNT_KEY', page, async (drill) => {
    await drill.block();
    await operators.search();
    await drill.pass(EPOCH);
    await operators.search();
    await drill.block();
  });
  expect(faultsOf(row)).toEqual(NONE);
});

test('Workers: the store of the issuer is lost, every key is retired, and the next epoch issues tokens again', async () => {
  const { accounts } = operators;
  const page = { page: 'back-up-and-restore.md', section: 'Lose the store of the issuer', traffic: false };
  const row = await operators.drill('lose the store of the issuer, retire all', page, async (drill) => {
    await accounts?.lose(operators.file('b/wrangler.toml'), /^sotto-issuer-/);
    await drill.block();
    await waitForNextEpoch(operators, drill);
  });
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Workers: the alarm rings before signatures run out, bundles are signed by files, and a forged signature is refused', async () => {
  await waitForAlarm(operators);
  expect(await offerForgery(operators)).toBe(1);
  expect(faultsOf(await signOffline(operators))).toEqual(NONE);
});

/** Makes a release of the next version, whose gateway has another schema if it is given. */
async function nextRelease(schema: string): Promise<void> {
  const next = path.join(operators.opt, 'sotto-next');
  rmSync(next, { recursive: true, force: true });
  cpSync(process.env['SOTTO_RELEASE'] ?? '', next, { recursive: true });
  await addMigration(operators, next, 'workers/gateway/index.js', schema);
}

test('Workers: the release is upgraded with data and put back while searches go on, and an older one refuses a newer store', async () => {
  const page = 'upgrade.md';
  const before = await keyIds(operators);
  await nextRelease('');
  const up = await operators.drill('upgrade to N+1', { page, section: 'Upgrade', traffic: true }, oneBlock);
  const back = await operators.drill('back to N', { page, section: 'Go back', traffic: true }, oneBlock);
  expect([faultsOf(up), faultsOf(back)]).toEqual([NONE, NONE]);
  await nextRelease(NEXT_SCHEMA);
  const newer = { page, section: 'Upgrade', traffic: true };
  expect(faultsOf(await operators.drill('upgrade to N+1, whose schema is new', newer, oneBlock))).toEqual(
    NONE,
  );
  expect(await keyIds(operators)).toEqual(before);
  const { machine, opt } = operators;
  const link = (to: string): void => {
    rmSync(path.join(opt, 'sotto'));
    symlinkSync(path.join(opt, to), path.join(opt, 'sotto'));
  };
  const deploy =
    'npx wrangler deploy --config ops/b/wrangler.toml --env gateway --secrets-file ops/b/gateway.secrets.json';
  link('sotto-before');
  await machine.must(deploy);
  expect((await machine.run('npx @sotto/cli bundle export refused.json --config ops/b')).status).not.toBe(0);
  link('sotto-next');
  await machine.must(deploy);
  await operators.search();
  expect(await keyIds(operators)).toEqual(before);
});

test.each(SERVICE_CHANGES)(
  'Workers: clients learn at the next epoch boundary but one that operators %s a service',
  async (...change) => {
    const { minutes } = await changeServices(operators, ...change);
    expect(minutes).toBeGreaterThanOrEqual(EPOCH / 60);
  },
);

test('Workers: the relay changes its operator, with both relays in use meanwhile', async () => {
  expect(await changeRelay(operators)).toContain('the credential is refused');
});
