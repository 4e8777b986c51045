import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '@sotto/bundle';
import { faultsOf, type Drill } from './support/drill.ts';
import { EPOCH, Operators } from './support/operators.ts';

let operators: Operators;
beforeAll(async () => void (operators = await Operators.start('Workers')));
afterAll(async () => console.log(`\n${await operators.close()}\n`));

const oneBlock = async (drill: Drill): Promise<void> => void (await drill.block());
/** No restart is counted on Workers, so a single failed search is a fault. */
const NONE: readonly string[] = [];
const keys = async (): Promise<unknown[]> => {
  const { out } = await operators.machine.must('npx @sotto/cli keys list --config ops/b --json');
  const lines = out.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly keyId?: unknown }).keyId);
};

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
  const before = await keys();
  const row = await operators.drill('change KEY_WRAPPING_KEY', page, async (drill) => {
    const wrapped = /[1-9]\d* wrapped\t0 unreadable[\s\S]*[1-9]\d* wrapped\t0 unreadable/;
    expect(await drill.block()).toMatch(wrapped);
  });
  expect(faultsOf(row)).toEqual(NONE);
  expect(await keys()).toEqual(before);
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
  const { machine, accounts } = operators;
  const page = { page: 'back-up-and-restore.md', section: 'Lose the store of the issuer', traffic: false };
  const row = await operators.drill('lose the store of the issuer, retire all', page, async (drill) => {
    await accounts?.lose(operators.file('b/wrangler.toml'), /^sotto-issuer-/);
    await drill.block();
    const refused = await machine.run(
      'SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account lost --config ops/b) npx @sotto/cli search cat --config ops/a --fresh --wallet lost',
    );
    expect(refused.status).not.toBe(0);
    await drill.pass(EPOCH);
  });
  expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
});

test('Workers: the alarm rings before signatures run out, bundles are signed by files, and a forged signature is refused', async () => {
  const { machine } = operators;
  await operators.sign();
  await machine.pass(5 * EPOCH); // of seven signed epochs this is the last but one
  await operators.search();
  const check = await machine.run('npx @sotto/cli check --config ops/b');
  expect(check.status).toBe(1);
  expect(check.out).toMatch(/FAIL .*bundles are signed until .* only: run sotto bundle sign/);
  await machine.must('npx @sotto/cli root new --root-secret other.secret');
  await machine.must('npx @sotto/cli bundle export forged.json --config ops/b');
  await machine.must(
    'npx @sotto/cli bundle sign --in forged.json --out forged.signed.json --root-secret other.secret',
  );
  const imported = await machine.run('npx @sotto/cli bundle import forged.signed.json --config ops/b');
  expect(imported.status).toBe(1);
  const page = { page: 'sign-bundles-offline.md', traffic: true };
  const row = await operators.drill('sign offline by files', page, async (drill) => {
    await drill.block();
    expect(await drill.block()).toMatch(/^\d+\t.*\tstickers$/m);
    expect(await drill.block()).toContain('signatures sent');
  });
  expect(faultsOf(row)).toEqual(NONE);
});

/** Makes a release of the next version, whose gateway has another schema if it is given. */
async function nextRelease(schema: string): Promise<void> {
  const next = path.join(operators.opt, 'sotto-next');
  rmSync(next, { recursive: true, force: true });
  cpSync(process.env['SOTTO_RELEASE'] ?? '', next, { recursive: true });
  const file = path.join(next, 'workers/gateway/index.js');
  const built = readFileSync(file, 'utf8');
  const newer = `// the next version\n${built.replace(/(MIGRATIONS\w* = \{)/, `$1 ${schema}`)}`;
  if (!newer.includes(schema)) throw new Error('the migrations of the gateway were not found');
  writeFileSync(file, newer);
  await operators.machine.must(
    `cd ${next}; rm SHA256SUMS; find . -type f -printf '%P\\n' | xargs sha256sum > ../sums; mv ../sums SHA256SUMS`,
  );
}

test('Workers: the release is upgraded with data and put back while searches go on, and an older one refuses a newer store', async () => {
  const page = 'upgrade.md';
  const before = await keys();
  await nextRelease('');
  const up = await operators.drill('upgrade to N+1', { page, section: 'Upgrade', traffic: true }, oneBlock);
  const back = await operators.drill('back to N', { page, section: 'Go back', traffic: true }, oneBlock);
  expect([faultsOf(up), faultsOf(back)]).toEqual([NONE, NONE]);
  await nextRelease('"99999999999999_next": "CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY)",');
  const newer = { page, section: 'Upgrade', traffic: true };
  expect(faultsOf(await operators.drill('upgrade to N+1, whose schema is new', newer, oneBlock))).toEqual(
    NONE,
  );
  expect(await keys()).toEqual(before);
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
  expect(await keys()).toEqual(before);
});

const hasGifs =
  (wanted: boolean) =>
  ({ services }: Bundle): boolean =>
    services.some(({ name }) => name === 'gifs') === wanted;

test.each([
  ['add', 'Add', true],
  ['remove', 'Remove', false],
])(
  'Workers: clients learn at the next epoch boundary but one that operators %s a service',
  async (verb, section, wanted) => {
    const page = { page: 'change-services.md', section, traffic: false };
    const row = await operators.drill(`${verb} a service`, page, async (drill) => {
      await drill.block();
      expect(await operators.boundariesUntil(drill, hasGifs(wanted))).toBeLessThanOrEqual(2);
    });
    expect(row.minutes).toBeGreaterThanOrEqual(EPOCH / 60);
  },
);

test('Workers: the relay changes its operator, with both relays in use meanwhile', async () => {
  const page = { page: 'change-relay.md', traffic: false, config: 'ops/next' };
  await operators.drill('change of the relay', page, async (drill) => {
    await drill.block();
    await drill.block();
    await drill.block(20);
    await operators.search();
    await operators.search('ops/next');
    await drill.block();
  });
  const old = await operators.machine.run('npx @sotto/cli check --config ops/a');
  expect(old.out).toContain('the credential is refused');
});
