import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
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
beforeAll(async () => void (operators = await Operators.start('Workers')));
afterAll(() => operators.close());

// No process is stopped on Workers, so a single failed search fails a drill.

test.each(['change RELAY_TOKEN', 'change OPERATOR_TOKEN'] as const)('Workers: %s', async (name) => {
  expect(faultsOf(await operators.drill(name, oneBlock))).toEqual([]);
  await operators.machine.eventually('npx @sotto/cli check --config ops/b');
});

test('Workers: the tokens of single roles are changed, and each admits to its role alone', async () => {
  expect(faultsOf(await changeRoleTokens(operators))).toEqual([]);
});

test('Workers: the key of the account server is changed, and the old one is removed when its tokens have expired', async () => {
  expect(faultsOf(await changeAccountSigner(operators))).toEqual([]);
});

test('Workers: KEY_WRAPPING_KEY is changed, and the keys stay', async () => {
  const before = await keyIds(operators);
  const row = await operators.drill('change KEY_WRAPPING_KEY', async (drill) => {
    expect(await drill.block()).toMatch(ALL_WRAPPED);
  });
  expect(faultsOf(row)).toEqual([]);
  expect(await keyIds(operators)).toEqual(before);
  expect(readFileSync(operators.file('b/gateway.secrets.json'), 'utf8')).not.toContain('PREVIOUS');
});

test('Workers: ACCOUNT_KEY is changed, and the old one is removed in the next epoch', async () => {
  const row = await operators.drill('change ACCOUNT_KEY', async (drill) => {
    await drill.block();
    await operators.search();
    await drill.pass(EPOCH);
    await drill.block();
  });
  expect(faultsOf(row)).toEqual([]);
});

test('Workers: the store of the issuer is lost, every key is retired, and the next epoch issues tokens again', async () => {
  const row = await operators.drill('lose the store of the issuer', async (drill) => {
    await operators.accounts?.lose(operators.file('b/wrangler.toml'), /^sotto-issuer-/);
    await drill.block();
    await waitForNextEpoch(operators, drill);
  });
  expect(faultsOf(row)).toEqual([]);
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Workers: the alarm rings before signatures run out, bundles are signed by files, and a forged signature is refused', async () => {
  await waitForAlarm(operators);
  expect(await offerForgery(operators)).toBe(1);
  await signOffline(operators);
});

/** Makes a release of the next version, whose gateway has another schema if it is given. */
async function nextRelease(schema: string): Promise<void> {
  const next = path.join(operators.opt, 'sotto-next');
  rmSync(next, { recursive: true, force: true });
  cpSync(process.env['SOTTO_RELEASE'] ?? '', next, { recursive: true });
  await addMigration(operators, next, 'workers/gateway/index.js', schema);
}

test('Workers: the release is upgraded with data and put back, and an older one refuses a newer store', async () => {
  const before = await keyIds(operators);
  await nextRelease('');
  expect(faultsOf(await operators.drill('upgrade to N+1', oneBlock))).toEqual([]);
  expect(faultsOf(await operators.drill('back to N', oneBlock))).toEqual([]);
  await nextRelease(NEXT_SCHEMA);
  expect(faultsOf(await operators.drill('upgrade to N+1', oneBlock))).toEqual([]);
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

test('Workers: the root is changed, and a client that saw the announcement follows', async () => {
  const row = await changeRoot(operators);
  expect(faultsOf(row)).toEqual([]);
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test.each(SERVICE_CHANGES)(
  'Workers: clients learn at the next epoch boundary but one that operators %s a service',
  async (...change) => {
    const row = await changeServices(operators, ...change);
    expect(faultsOf(row)).toEqual([]);
    expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
  },
);

test('Workers: the lengths of a service are changed, and clients have them at the next epoch boundary but one', async () => {
  expect(faultsOf(await changeLengths(operators))).toEqual([]);
});

test('Workers: a service moves to another place', async () => {
  expect(faultsOf(await operators.drill('move a service', oneBlock))).toEqual([]);
});

test('Workers: the relay changes its operator, with both relays in use meanwhile', async () => {
  expect(await changeRelay(operators)).toContain('the credential is refused');
});

test('Workers: every drill was run, and no more searches failed than may', () => {
  expect(operators.rows.flatMap(faultsOf)).toEqual([]);
  expect(new Set(operators.rows.map(({ drill }) => drill))).toEqual(new Set(drillsOn('Workers')));
});
