import { decodeDirectory, type DirectoryKey } from '@sotto/privacypass';
import { graceSeconds, hex, HORIZON, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { sqlKeyStore } from '../src/store/keys.ts';
import { VOPRF, DAY, START, told, World, PROBLEM } from './support/world.ts';
import { ISSUER_VARIABLES } from './support/variables.ts';

const ids = (keys: readonly DirectoryKey[]): string[] =>
  keys.map(
    ({ service, tokenType, notBefore, tokenKey }) => `${service} ${tokenType} ${notBefore} ${hex(tokenKey)}`,
  );

const ofEpoch = (list: readonly string[], epoch: number): string[] =>
  list.filter((id) => id.includes(` ${epoch} `));

async function shown(world: World): Promise<string[]> {
  return ids(decodeDirectory(await world.directory()).tokenKeys);
}

interface Row {
  readonly service: string;
  readonly epoch: number;
  readonly type: number;
  readonly key_id: Bytes;
  readonly truncated: number;
  readonly wrapped: Bytes;
}
const rows = (world: World): Row[] => world.database.db.all<Row>('select * from issuer_keys order by epoch');

test('directory: shows the keys of the current and the next epoch, each with its not-before', async () => {
  const world = new World();
  const first = await shown(world);
  expect(first).toHaveLength(6); // stickers 5, weather 5 and 1; two epochs
  const epochs = new Set(rows(world).map(({ epoch }) => epoch));
  expect([...epochs]).toEqual(Array.from({ length: HORIZON + 1 }, (_, i) => START + i * DAY));
  world.clock.now = START + DAY - 1;
  expect(await shown(world)).toEqual(first);
  world.clock.now = START + DAY;
  const second = await shown(world);
  expect(ofEpoch(second, START + DAY)).toEqual(ofEpoch(first, START + DAY));
  expect(ofEpoch(second, START + 2 * DAY)).toHaveLength(3);
  expect(ofEpoch(second, START)).toEqual([]);
});

test('token type: after it is removed from the configuration, is neither published nor redeemed', async () => {
  const world = new World();
  const [token] = await world.draw(1, { service: 'weather', type: 1 });
  expect(await world.redeem(token, { service: 'weather' })).toBe('first');
  const services = [{ name: 'weather', types: [5], batch: [1], quota: { default: 60 } }];
  const vars = { SERVICES: JSON.stringify(services) };
  const later = new World({ vars, database: world.database, clock: world.clock });
  expect((await shown(later)).map((id) => id.slice(0, 9))).toEqual(['weather 5', 'weather 5']);
  expect(await later.redeem(token, { service: 'weather' })).toBe('invalid');
});

test('published schedule: is what the directory shows in each later epoch', async () => {
  const world = new World();
  const { epochs } = await world.issuer.schedule(0);
  expect(epochs.map(({ start }) => start)).toEqual(
    Array.from({ length: HORIZON }, (_, i) => START + i * DAY),
  );
  for (const { start, directory, challenges } of epochs) {
    world.clock.now = start;
    expect(await world.directory()).toEqual(directory);
    expect(challenges.map(({ service, tokenType }) => `${service} ${tokenType}`)).toEqual([
      'stickers 5',
      'weather 1',
      'weather 5',
    ]);
  }
});

test('I14 rotation: nothing fails, and tokens of the previous epoch redeem', async () => {
  const world = new World();
  let previous = await world.draw(5);
  for (let epoch = 1; epoch <= 20; epoch++) {
    world.clock.now = START + epoch * DAY - 1;
    const [late] = await world.draw(1);
    world.clock.now += 1;
    expect(await world.redeem(late)).toBe('first');
    expect(await world.redeem(previous[0])).toBe('first');
    previous = await world.draw(5);
  }
});

test('I15 schedule: concurrent rotations, doubled crons and ten cold isolates make each key once', async () => {
  const world = new World();
  const isolates = Array.from(
    { length: 10 },
    () => new World({ database: world.database, clock: world.clock }),
  );
  await Promise.all(isolates.map((isolate) => isolate.issuer.runSchedule()));
  const before = rows(world);
  await Promise.all([
    ...isolates.map((isolate) => isolate.operator('/operator/keys/rotate', 'POST')),
    ...isolates.map((isolate) => isolate.issuer.runSchedule()),
  ]);
  expect(rows(world)).toEqual(before);
  expect(new Set(before.map(({ service, epoch, type }) => `${service} ${epoch} ${type}`)).size).toBe(
    before.length,
  );
  const directories = await Promise.all(isolates.map(async (isolate) => hex(await isolate.directory())));
  expect(new Set(directories).size).toBe(1);
});

test('I17 truncated key id: is made again when it is taken, and fails cleanly when all are taken', async () => {
  const services = Array.from({ length: 12 }, (_, i) => ({
    name: `s${i}`,
    types: [5, 1],
    batch: [1],
    quota: { default: 1 },
  }));
  const world = new World({ vars: { SERVICES: JSON.stringify(services) } });
  await world.issuer.runSchedule();
  const truncated = rows(world).map((row) => row.truncated);
  expect(truncated).toHaveLength(24 * (HORIZON + 1));
  expect(new Set(truncated).size).toBe(truncated.length);

  const one = new World();
  // The only key that can be drawn: repeated collisions must end.
  const stuck = await VOPRF['ristretto255-SHA512'].generateKeyPair((n) => new Uint8Array(n).fill(9));
  const suite = VOPRF['ristretto255-SHA512'];
  const voprf = Object.assign(Object.create(suite) as typeof suite, {
    generateKeyPair: async () => ({ ...stuck, secretKey: stuck.secretKey.slice() }),
  });
  const { Schedule } = await import('../src/schedule.ts');
  const schedule = new Schedule({
    config: one.issuer.deps.config,
    system: one.issuer.deps.system,
    voprf: () => voprf,
    wrap: one.issuer.deps.wrap,
    store: sqlKeyStore(
      { db: one.database.db, transact: async (block) => one.database.atomically(block) },
      DAY,
    ),
  });
  await expect(schedule.run()).rejects.toMatchObject({ code: 'no-truncated-id' });
  expect(rows(one)).toEqual([]); // all or nothing

  for (let id = 0; id < 256; id++) {
    one.database.db.run(
      `insert into issuer_keys values ('x', ${id}, 5, x'${hex(new Uint8Array([id]))}', ${id}, x'', x'', 1, 0)`,
    );
  }
  one.clock.now = 1000;
  await expect(schedule.run()).rejects.toMatchObject({ code: 'no-truncated-id' });
});

test('I20 S21 clock: after a step back, selects no earlier key and accepts no expired token', async () => {
  const world = new World();
  const [old] = await world.draw(1);
  world.clock.now = START + DAY + 60;
  const directory = await world.directory();
  const { pending } = await world.blind(1);
  world.clock.now = START + DAY - 7200; // two hours back, over the border of the epoch
  const cold = new World({ database: world.database, clock: world.clock });
  for (const w of [world, cold]) {
    expect(await w.directory()).toEqual(directory);
    expect((await w.post(pending.contentType, pending.request)).status).toBe(200);
  }
  expect(await cold.redeem(old)).toBe('first');

  const [late] = await world.draw(1, { account: 'bob' }).catch(() => []);
  expect(late).toBeUndefined(); // by this client's clock no key is current, so it requests nothing
  world.clock.now = START + 30 * DAY;
  expect(await world.redeem(old)).toBe('invalid');
  await world.issuer.runSchedule();
  expect(rows(world).every(({ epoch }) => epoch >= START + 30 * DAY)).toBe(true);
  world.clock.now = START + 1000;
  const back = new World({ database: world.database, clock: world.clock });
  for (const w of [world, back]) expect(await w.redeem(old)).toBe('invalid');
  await back.issuer.runSchedule();
  expect(rows(world).every(({ epoch }) => epoch >= START + 30 * DAY)).toBe(true);
});

test('key: redeems in its epoch and the next, and is destroyed with its ledger after the grace', async () => {
  const world = new World();
  const tokens = await world.draw(5);
  const end = START + 2 * DAY;
  world.clock.now = end - 1;
  expect(await world.redeem(tokens[0])).toBe('first');
  world.clock.now = end;
  expect(await world.redeem(tokens[1])).toBe('invalid');
  await world.issuer.runSchedule();
  expect(rows(world).some(({ epoch }) => epoch === START)).toBe(true);
  expect(world.spentRows()).toBe(1);
  world.clock.now = end + graceSeconds(DAY);
  await world.issuer.runSchedule();
  expect(rows(world).some(({ epoch }) => epoch === START)).toBe(false);
  world.clock.now += 1;
  await world.issuer.runSchedule();
  expect(world.spentRows()).toBe(0);
});

test('added service: is published from the next epoch on', async () => {
  const services = JSON.parse(ISSUER_VARIABLES['SERVICES'] ?? '') as { name: string }[];
  const world = new World();
  const before = await world.directory();
  const more = JSON.stringify([...services, { ...services[0], name: 'maps' }]);
  const grown = new World({ vars: { SERVICES: more }, database: world.database, clock: world.clock });
  expect((await shown(grown)).filter((id) => !id.startsWith('maps'))).toEqual(
    ids(decodeDirectory(before).tokenKeys),
  );
  const maps = (await shown(grown)).filter((id) => id.startsWith('maps'));
  expect(maps.map((id) => id.split(' ')[2])).toEqual([String(START + DAY)]);
});

test('K07 S16 retire-all: retires every key that signed, refuses earlier tokens, and keeps the published next epoch', async () => {
  const world = new World();
  const tokens = await world.draw(5);
  const published = (await world.issuer.schedule(0)).epochs;
  const cold = new World({ database: world.database, clock: world.clock });
  await cold.draw(1, { account: 'warms its keys' });
  const restored = await world.operator('/operator/keys/retire-all', 'POST');
  expect(await restored.json()).toEqual({ retired: 3 });

  // Both the process that retired the keys and one that still holds them in memory refuse.
  for (const w of [world, cold]) expect(await w.redeem(tokens[0])).toBe('invalid');
  const one = [0, 5, 0, ...new Uint8Array(32)];
  for (const [type, body] of [
    ['application/private-token-request', one],
    ['application/private-token-generic-batch-request', [one.length, ...one]],
  ] as const) {
    const refused = await world.post(type, new Uint8Array(body));
    expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
    expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  }
  await world.issuer.runSchedule();
  expect(rows(world).some(({ epoch }) => epoch <= START)).toBe(false);

  world.clock.now = START + DAY;
  expect(await world.directory()).toEqual(published[1]?.directory);
  const [fresh] = await world.draw(1);
  expect(await world.redeem(fresh)).toBe('first');
  for (const token of tokens) expect(await world.redeem(token)).toBe('invalid');
});

test('K07 retire-all: an isolate that still holds retired keys signs with them for ten minutes at most', async () => {
  const world = new World();
  const warm = new World({ database: world.database, clock: world.clock });
  await warm.draw(1, { account: 'warms its keys' });
  const { pending } = await warm.blind(5);
  await world.operator('/operator/keys/retire-all', 'POST');
  world.clock.now += 600;
  const refused = await warm.post(pending.contentType, pending.request, 'bob');
  expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
  expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  world.clock.now = START + DAY;
  expect(await warm.draw(5, { account: 'bob' })).toHaveLength(5);
});
