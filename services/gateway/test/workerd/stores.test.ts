import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import type { GatewayKeys } from '../../src/durable/gateway-keys.ts';
import type { ReplayShard } from '../../src/durable/replay-shard.ts';
import type { KeyStore, ReplayStore } from '../../src/ports.ts';
import { sqlReplayStore } from '../../src/keys/sql-replay-store.ts';
import { openDatabase } from '../../src/durable/migrate.ts';
import { keyStoreContract, replayStoreContract } from '../support/store-contract.ts';

const { KEYS, REPLAYS } = env as unknown as {
  KEYS: DurableObjectNamespace<GatewayKeys>;
  REPLAYS: DurableObjectNamespace<ReplayShard>;
};
let made = 0;

function keyStore(): KeyStore {
  const stub = KEYS.getByName(`contract-${made++}`);
  return {
    epochs: async (from, to) => stub.epochs(from, to),
    add: async (epochs) => stub.add([...epochs]),
    destroy: async (before) => stub.destroy(before),
    bundles: async (from, to) => stub.bundles(from, to),
    offer: async (bundles) => stub.offer(bundles),
    sign: async (signed) => stub.sign(signed),
  };
}

/** The object's own database, with room for three. */
function replayStore(): ReplayStore {
  const stub = REPLAYS.getByName(`contract-${made++}`);
  return {
    admit: (envelope, expires, now) =>
      runInDurableObject(stub, (_, { storage }) =>
        sqlReplayStore(openDatabase(storage), 3).admit(envelope, expires, now),
      ),
  };
}

keyStoreContract('a Durable Object', keyStore);
replayStoreContract('a Durable Object', replayStore);

describe('a replay shard', () => {
  test('forgets what expired by itself', async () => {
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
