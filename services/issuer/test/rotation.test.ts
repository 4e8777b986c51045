import { base64url, hex } from '@sotto/wire';
import { expect, test } from 'vitest';
import { HORIZON } from '@sotto/wire';
import { random } from './support/wallet.ts';
import { DAY, START, World } from './support/world.ts';

const [OLD, NEW] = [base64url(random(32)), base64url(random(32))];
const KEYS = 3 * (HORIZON + 1); // stickers 5, weather 5 and 1
const DIRECTORY = '/.well-known/private-token-issuer-directory';

/** An issuer over the store of another one, under these wrapping keys. */
const under = (world: World, vars: Readonly<Record<string, string>>): World =>
  new World({ database: world.database, clock: world.clock, vars });

async function rewrap(world: World): Promise<unknown> {
  return (await world.operator('/operator/keys/rewrap', 'POST')).json();
}

test('N52 issuer: the wrapping key is changed without an outage', async () => {
  const before = new World({ vars: { KEY_WRAPPING_KEY: OLD } });
  const tokens = await before.draw(5);
  const directory = hex(await before.directory());

  const during = under(before, { KEY_WRAPPING_KEY: NEW, KEY_WRAPPING_KEY_PREVIOUS: OLD });
  expect(hex(await during.directory())).toBe(directory);
  expect(await during.redeem(tokens[0])).toBe('first');
  expect(await rewrap(during)).toEqual({ rewrapped: KEYS, unreadable: [] });
  expect(await rewrap(during)).toEqual({ rewrapped: 0, unreadable: [] });

  const after = under(before, { KEY_WRAPPING_KEY: NEW });
  expect(hex(await after.directory())).toBe(directory);
  expect(await after.redeem(tokens[1])).toBe('first');
  expect(await after.draw(5, { account: 'bob' })).toHaveLength(5);
  expect(await after.issuer.check()).toEqual([]);
  after.clock.now += DAY;
  expect(await after.redeem(tokens[2])).toBe('first');
});

test('N52 issuer: under a wrong wrapping key nothing is signed, and the check names every key', async () => {
  const before = new World({ vars: { KEY_WRAPPING_KEY: OLD } });
  await before.issuer.runSchedule();
  const wrong = under(before, { KEY_WRAPPING_KEY: NEW });
  expect((await wrong.fetch(DIRECTORY)).status).toBe(503);
  expect(await rewrap(wrong)).toMatchObject({ rewrapped: 0, unreadable: { length: KEYS } });
  await expect(wrong.issuer.check()).rejects.toMatchObject({ code: 'not-unwrapped' });
});

test('N52 issuer: one key that does not unwrap does not affect the other services', async () => {
  const before = new World();
  const tokens = await before.draw(5);
  before.database.db.run(
    `update issuer_keys set wrapped = zeroblob(60) where service = 'weather' and type = 5 and epoch = ${START}`,
  );
  const world = under(before, {});
  expect(await world.redeem(tokens[0])).toBe('first');
  expect(await world.draw(1, { account: 'bob' })).toHaveLength(1);
  const weather = `"service":"weather"`;
  const directory = Buffer.from(await world.directory()).toString();
  const current = directory.split('},{').filter((key) => key.includes(`"not-before":${START},`));
  expect(current.filter((key) => key.includes(weather))).toHaveLength(1); // type 1 alone
  expect(await world.issuer.check()).toEqual([
    `KEY_WRAPPING_KEY: does not unwrap the key of weather, type 5, epoch ${START}. Set KEY_WRAPPING_KEY_PREVIOUS to the key before it`,
  ]);
  expect(await rewrap(world)).toEqual({
    rewrapped: 0,
    unreadable: [{ service: 'weather', type: 5, epoch: START }],
  });
  world.clock.now = START + DAY; // the next epoch has its own keys
  expect(await world.draw(1, { service: 'weather', account: 'eve' })).toHaveLength(1);
});

test('N52 issuer: after its wrapping key was lost, keys of later epochs are made anew and the next epoch issues', async () => {
  const before = new World({ vars: { KEY_WRAPPING_KEY: OLD } });
  const tokens = await before.draw(5);
  expect(await before.redeem(tokens[0])).toBe('first');
  const { pending } = await before.blind(5);
  const lost = under(before, { KEY_WRAPPING_KEY: NEW });
  expect(await (await lost.operator('/operator/keys/replace-unreadable', 'POST')).json()).toEqual({
    replaced: KEYS,
  });
  expect(await lost.issuer.check()).toEqual([]);
  const refused = await lost.post(pending.contentType, pending.request, 'bob');
  expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
  expect(refused.status).toBe(503);
  for (const token of tokens) expect(await lost.redeem(token)).toBe('invalid'); // clients drop them
  expect(await before.redeem(tokens[0])).not.toBe('first'); // nor in a process with the old key
  for (let day = 1; day <= HORIZON + 2; day++) {
    lost.clock.now = START + day * DAY;
    const [token] = await lost.draw(5, { account: `day ${day}` });
    expect(await lost.redeem(token)).toBe('first');
  }
});

test('N52 issuer: of a partly lost store only the lost keys are replaced', async () => {
  for (const [where, count] of [
    [`epoch = ${START} and service = 'weather'`, 2],
    [`epoch = ${START + DAY} and service = 'weather' and type = 5`, 1],
    [`epoch > ${START + DAY}`, 3 * (HORIZON - 1)],
    [`epoch < 0`, 0],
  ] as const) {
    const before = new World();
    const tokens = await before.draw(5);
    const kept = before.database.db.all(`select key_id from issuer_keys where not (${where})`);
    before.database.db.run(`update issuer_keys set wrapped = zeroblob(60) where ${where}`);
    const world = under(before, {});
    expect(await world.issuer.replaceUnreadable()).toBe(count);
    expect(await world.issuer.check()).toEqual([]);
    expect(world.database.db.all('select key_id from issuer_keys')).toEqual(expect.arrayContaining(kept));
    expect(await world.redeem(tokens[0])).toBe('first');
    expect(await world.draw(5, { account: 'bob' })).toHaveLength(5); // the service that lost nothing
    world.clock.now = START + DAY;
    expect(await world.draw(1, { service: 'weather', account: 'eve' })).toHaveLength(1);
  }
});

test('N52 issuer: a key that was replaced in the meantime is not overwritten', async () => {
  const before = new World({ vars: { KEY_WRAPPING_KEY: OLD } });
  await before.issuer.runSchedule();
  const during = under(before, { KEY_WRAPPING_KEY: NEW, KEY_WRAPPING_KEY_PREVIOUS: OLD });
  await Promise.all([rewrap(during), rewrap(during), rewrap(during)]);
  const after = under(before, { KEY_WRAPPING_KEY: NEW });
  expect(await after.issuer.check()).toEqual([]);
});
