import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { Bundle } from '@sotto/bundle';
import type { Drill, DrillRow } from './drill.ts';
import { EPOCH, type Operators } from './operators.ts';

/** Runs a page of one block. */
export const oneBlock = async (drill: Drill): Promise<void> => void (await drill.block());

/** The output of `keys rewrap` for gateway and issuer if it wrapped keys of both and could read all. */
export const ALL_WRAPPED = /[1-9]\d* wrapped\t0 unreadable[\s\S]*[1-9]\d* wrapped\t0 unreadable/;

/** The ids of the keys that operator B has. */
export async function keyIds({ machine }: Operators): Promise<unknown[]> {
  const { out } = await machine.must('npx @sotto/cli keys list --config ops/b --json');
  const lines = out.trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { readonly keyId?: unknown }).keyId);
}

/** Nothing is issued until the epoch ends, and then tokens are issued again. */
export async function waitForNextEpoch({ machine }: Operators, drill: Drill): Promise<void> {
  const refused = await machine.run(
    'SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account lost --config ops/b) npx @sotto/cli search cat --config ops/a --fresh --wallet lost',
  );
  expect(refused.status).not.toBe(0);
  await drill.pass(EPOCH);
}

/** Time passes until `check` says that signatures run out. */
export async function waitForAlarm(operators: Operators): Promise<void> {
  const { machine } = operators;
  await operators.sign();
  await machine.pass(5 * EPOCH); // of seven signed epochs this is the last but one
  await operators.search();
  const check = await machine.run('npx @sotto/cli check --config ops/b');
  expect(check.status).toBe(1);
  expect(check.out).toMatch(/FAIL .*bundles are signed until .* only: run sotto bundle sign/);
}

/** Bundles are signed by files. */
export const signOffline = (operators: Operators): Promise<DrillRow> =>
  operators.drill('sign offline by files', async (drill) => {
    await drill.block();
    expect(await drill.block()).toMatch(/^\d+\t.*\tstickers,refill$/m);
    expect(await drill.block()).toContain('signatures sent');
  });

/** Offers the gateway a signature by another root. Returns the exit status, 1 if it is refused. */
export async function offerForgery({ machine }: Operators): Promise<number | null> {
  await machine.eventually('npx @sotto/cli bundle export forged.json --config ops/b');
  await machine.must('npx @sotto/cli root new --root-secret other.secret');
  await machine.must(
    'npx @sotto/cli bundle sign --in forged.json --out forged.signed.json --root-secret other.secret',
  );
  return (await machine.run('npx @sotto/cli bundle import forged.signed.json --config ops/b')).status;
}

/** A migration that only a later version knows. */
export const NEXT_SCHEMA =
  '"99999999999999_next": "CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY)",';

/** Adds migrations to a file of the release in a folder, and writes the checksums again. */
export async function addMigration(
  { machine }: Operators,
  folder: string,
  file: string,
  schema: string,
): Promise<void> {
  const place = path.join(folder, file);
  const built = readFileSync(place, 'utf8');
  const newer = `// the next version\n${built.replace(/(MIGRATIONS\w* = \{)/, `$1 ${schema}`)}`;
  if (!newer.includes(schema)) throw new Error('the migrations of the gateway were not found');
  writeFileSync(place, newer);
  await machine.must(
    `cd ${folder}; rm SHA256SUMS; find . -type f -printf '%P\\n' | xargs sha256sum > ../sums; mv ../sums SHA256SUMS`,
  );
}

const hasGifs =
  (wanted: boolean) =>
  ({ services }: Bundle): boolean =>
    services.some(({ name }) => name === 'gifs') === wanted;

/** What operators do with a service, and whether clients know the service then. */
export const SERVICE_CHANGES = [
  ['add', true],
  ['remove', false],
] as const;

/** Operators add or remove a service, and clients learn it at the next epoch boundary but one. */
export async function changeServices(
  operators: Operators,
  verb: 'add' | 'remove',
  wanted: boolean,
): Promise<DrillRow> {
  return operators.drill(`${verb} a service`, async (drill) => {
    await drill.block();
    expect(await operators.boundariesUntil(drill, hasGifs(wanted))).toBeLessThanOrEqual(2);
  });
}

const LENGTHS = { requestLength: 2048, responseLength: 180_224 };

/** Operators change the lengths of the service, and clients have them at the next epoch boundary but one. */
export async function changeLengths(operators: Operators): Promise<DrillRow> {
  await operators.beginEpoch(); // or a boundary during the commands would not be counted
  await operators.search();
  return operators.drill('change the lengths', async (drill) => {
    await drill.block();
    const haveThem = ({ services }: Bundle): boolean =>
      services.every(
        ({ name, requestLength, responseLength }) =>
          name === 'refill' || // a class of its own
          (requestLength === LENGTHS.requestLength && responseLength === LENGTHS.responseLength),
      );
    expect(await operators.boundariesUntil(drill, haveThem)).toBe(2);
  });
}

/** The relay changes its operator, with both relays in use meanwhile. Returns what `check` prints of the old one. */
export async function changeRelay(operators: Operators): Promise<string> {
  await operators.drill(
    'change the relay',
    async (drill) => {
      await drill.block();
      await drill.block();
      await drill.block(20);
      await operators.search();
      await operators.search('ops/next');
      await drill.configure('ops/next');
      await drill.block();
    },
    { after: 'ops/next' },
  );
  return (await operators.machine.run('npx @sotto/cli check --config ops/a')).out;
}
