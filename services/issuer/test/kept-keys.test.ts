import { decodeDirectory, tokenKeyId } from '@sotto/privacypass';
import { expect, test } from 'vitest';
import { DAY, START, told, World, PROBLEM } from './support/world.ts';

test('K05 keyring: holds no secret in an extractable CryptoKey', async () => {
  const made: CryptoKey[] = [];
  const { subtle } = crypto;
  const original = subtle.importKey.bind(subtle);
  subtle.importKey = (async (...args: Parameters<SubtleCrypto['importKey']>) => {
    const key = await original(...args);
    made.push(key);
    return key;
  }) as SubtleCrypto['importKey'];
  try {
    const world = new World();
    const headers = {
      'content-type': 'application/private-token-request',
      authorization: `Bearer ${await world.bearer('ada')}`,
    };
    made.length = 0; // the attester's own
    await world.fetch('/token-request', { method: 'POST', headers, body: new Uint8Array(3) });
  } finally {
    subtle.importKey = original;
  }
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter(({ type, extractable }) => type !== 'public' && extractable)).toEqual([]);
});

/** Service and type of the keys that the directory shows for the current epoch. */
async function currentKeys(world: World): Promise<string[]> {
  const { tokenKeys } = decodeDirectory(await world.directory());
  return tokenKeys
    .filter(({ notBefore }) => notBefore === START)
    .map(({ service, tokenType }) => `${service} ${tokenType}`);
}

test('stored key: is wrapped under a key outside the store, and bound to its service and type', async () => {
  const world = new World();
  await world.issuer.runSchedule();
  const other = new World({
    database: world.database,
    clock: world.clock,
    vars: { KEY_WRAPPING_KEY: 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8' },
  });
  const [status] = await told(await other.fetch('/.well-known/private-token-issuer-directory'));
  expect(status).toBe(503);
  // A secret that was moved to another row does not unwrap there: no key takes the place of another.
  world.database.db.run(
    `update issuer_keys set wrapped = (select wrapped from issuer_keys where service = 'stickers' and epoch = ${START})
     where service = 'weather' and type = 5 and epoch = ${START}`,
  );
  const cold = new World({ database: world.database, clock: world.clock });
  expect(await currentKeys(cold)).toEqual(['stickers 5', 'weather 1']);
  expect(await cold.issuer.check()).toHaveLength(1);
});

test('stored key: does not unwrap in another epoch', async () => {
  const world = new World();
  await world.issuer.runSchedule();
  const weather = "service = 'weather' and type = 5 and epoch =";
  world.database.db.run(`delete from issuer_keys where ${weather} ${START}`);
  world.database.db.run(`update issuer_keys set epoch = ${START} where ${weather} ${START + DAY}`);
  const cold = new World({ database: world.database, clock: world.clock });
  expect(await currentKeys(cold)).toEqual(['stickers 5', 'weather 1']);
});

test('K02 stored key: with a public key of another secret key, is never published', async () => {
  const world = new World();
  await world.issuer.runSchedule();
  const other = `(select public_key from issuer_keys where service = 'weather' and type = 5 and epoch = ${START})`;
  world.database.db.run(
    `update issuer_keys set public_key = ${other} where service = 'stickers' and epoch = ${START}`,
  );
  const cold = new World({ database: world.database, clock: world.clock });
  expect(await currentKeys(cold)).toEqual(['weather 5', 'weather 1']);
  const services = await cold.issuer.keyring.use((ring) =>
    Array.from({ length: 256 }, (_, truncated) => ring.signing(5, truncated)?.service),
  );
  expect(services.filter((service) => service !== undefined)).toEqual(['weather']);
});

test('I14 K06 keyring: wipes forgotten keys after the batch that uses them, not before', async () => {
  const world = new World();
  const { keyring } = world.issuer;
  let secret: Uint8Array | undefined;
  let seen: number[] = [];
  await keyring.use(async (ring) => {
    const { key } = await world.blind(5);
    secret = ring.signing(5, tokenKeyId(key.tokenKey).at(-1) ?? 0)?.pair.secretKey;
    await world.issuer.runSchedule(); // cron runs
    await keyring.use(() => {}); // another request loads the keys again
    seen = [...(secret ?? [])];
  });
  expect(seen.some((byte) => byte !== 0)).toBe(true);
  expect(secret?.every((byte) => byte === 0)).toBe(true);
});

test('EPOCH_SECONDS: a change is refused while keys of the old length exist', async () => {
  const world = new World();
  const [token] = await world.draw(1);
  expect(await world.redeem(token)).toBe('first');
  const other = new World({
    database: world.database,
    clock: world.clock,
    vars: { EPOCH_SECONDS: `${DAY / 2}` },
  });
  expect(await other.redeem(token)).toBe('unavailable');
  const refused = await other.fetch('/.well-known/private-token-issuer-directory');
  expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  expect(await world.redeem(token)).not.toBe('unavailable');
});

test('N58 ISSUER_NAME: another name than the store was begun with is refused, and nothing is issued or charged', async () => {
  const world = new World();
  const [token] = await world.draw(1);
  const { pending } = await world.blind(5);
  const used = world.used();
  const other = new World({
    database: world.database,
    clock: world.clock,
    vars: { ISSUER_NAME: 'other.example', ISSUER_URL: 'https://issuer.example' },
  });
  const refused = await other.post(pending.contentType, pending.request);
  expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  expect(await other.redeem(token)).toBe('unavailable');
  await expect(other.issuer.runSchedule()).rejects.toMatchObject({ code: 'issuer-name' });
  expect(world.used()).toBe(used);
  expect(await world.redeem(token)).toBe('first');
});
