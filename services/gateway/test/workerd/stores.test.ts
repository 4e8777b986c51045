import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { openStorage } from '@sotto/service/sqlite/durable';
import { describe, expect, test } from 'vitest';
import type { GatewayKeys } from '../../src/durable/gateway-keys.ts';
import type { ReplayShard } from '../../src/durable/replay-shard.ts';
import type { KeyStore, ReplayStore } from '../../src/ports.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { sqlReplayStore } from '../../src/store/replay-store.ts';
import { keyStoreContract, replayStoreContract } from '../support/store-contract.ts';

const { KEYS, REPLAYS } = env as unknown as {
  KEYS: DurableObjectNamespace<GatewayKeys>;
  REPLAYS: DurableObjectNamespace<ReplayShard>;
};
let made = 0;

/** The contents of an object of the first release, whose tables drizzle's migrator made. */
const FIRST_RELEASE = [
  'CREATE TABLE `bundles` (`sequence` integer PRIMARY KEY, `bundle` text NOT NULL, `signature` text)',
  'CREATE TABLE `destroyed` (`id` integer PRIMARY KEY, `before` integer NOT NULL)',
  'CREATE TABLE `envelopes` (`envelope` text PRIMARY KEY, `expires` integer NOT NULL)',
  'CREATE TABLE `ohttp_keys` (`sequence` integer NOT NULL, `kem_id` integer NOT NULL, `key_id` integer NOT NULL, `public_key` text NOT NULL, `wrapped` text NOT NULL, CONSTRAINT `ohttp_keys_pk` PRIMARY KEY(`sequence`, `kem_id`))',
  'CREATE TABLE `tag_keys` (`sequence` integer PRIMARY KEY, `wrapped` text NOT NULL)',
  'CREATE INDEX `envelopes_expires` ON `envelopes` (`expires`)',
  'CREATE TABLE `__drizzle_migrations` (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT)',
  "INSERT INTO `__drizzle_migrations` VALUES (1, '', 1795394213000, '20261123003654_init', '2026-11-24T00:00:00.000Z')",
  "INSERT INTO `ohttp_keys` VALUES (4, 32, 9, 'AQEB', 'AgIC')",
  "INSERT INTO `tag_keys` VALUES (4, 'AwMD')",
  "INSERT INTO `bundles` VALUES (4, 'BAQE', null)",
  'INSERT INTO `destroyed` VALUES (0, 4)',
];

function keyStore(): KeyStore {
  const stub = KEYS.getByName(`contract-${made++}`);
  return {
    epochs: async (from, to) => stub.epochs(from, to),
    add: async (epochs) => stub.add([...epochs]),
    destroy: async (before) => stub.destroy(before),
    discard: async (epochIndexes) => stub.discard([...epochIndexes]),
    rewrap: async (changes) => stub.rewrap([...changes]),
    bundles: async (from, to) => stub.bundles(from, to),
    offer: async (bundles) => stub.offer(bundles),
    sign: async (signed) => stub.sign(signed),
    withdraw: async (epochIndexes) => stub.withdraw([...epochIndexes]),
    issuerRevision: async () => stub.issuerRevision(),
    rememberIssuerRevision: async (revision) => stub.rememberIssuerRevision(revision),
  };
}

/** The object's own database, with room for three envelopes. */
function replayStore(): ReplayStore {
  const stub = REPLAYS.getByName(`contract-${made++}`);
  return {
    admit: (envelope, expires, now) =>
      runInDurableObject(stub, (_, { storage }) =>
        sqlReplayStore(openStorage(storage, MIGRATIONS).db, 3).admit(envelope, expires, now),
      ),
  };
}

keyStoreContract('a Durable Object', keyStore);
replayStoreContract('a Durable Object', replayStore);

test('first release: an object keeps its keys and bundles, and continues with them', async () => {
  const stub = KEYS.getByName(`first-release-${made++}`);
  const bytes = (byte: number) => new Uint8Array(3).fill(byte);
  const kept = {
    epochIndex: 4,
    tagKey: bytes(3),
    keys: [{ kemId: 32, keyId: 9, publicKey: bytes(1), wrapped: bytes(2) }],
  };
  await stub.epochs(0, 9);
  await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAll();
    for (const statement of FIRST_RELEASE) storage.sql.exec(statement);
  });
  await evictDurableObject(stub);
  expect(await stub.epochs(0, 9)).toEqual([kept]);
  expect(await stub.bundles(0, 9)).toEqual([
    { epochIndex: 4, bundle: bytes(4), signature: null, signature1: null, proof: null },
  ]);
  await stub.add([
    { ...kept, epochIndex: 3 },
    { ...kept, epochIndex: 5 },
  ]);
  expect((await stub.epochs(0, 9)).map(({ epochIndex }) => epochIndex)).toEqual([4, 5]);
});

describe('a replay shard', () => {
  test('deletes expired envelopes by itself', async () => {
    const stub = REPLAYS.getByName(`shard-${made++}`);
    const envelope = new Uint8Array(32);
    expect(await stub.admit(envelope, 2_000_000_000, 1_999_999_000)).toBe('first');
    const rows = () =>
      runInDurableObject(stub, async (_, { storage }) => ({
        left: storage.sql.exec('select count(*) as n from envelopes').one()['n'],
        alarm: await storage.getAlarm(),
      }));
    expect(await rows()).toEqual({ left: 1, alarm: 2_000_000_001_000 });
    await runInDurableObject(stub, (shard) =>
      shard.alarm({ scheduledTime: 2_000_000_001_000 } as unknown as AlarmInvocationInfo),
    );
    expect((await rows()).left).toBe(0);
  });
});
