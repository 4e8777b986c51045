import { describe, expect, test } from 'vitest';
import { decodeKeyConfigs, KEM } from '@sotto/ohttp';
import { settledClock } from '@sotto/service/settled-clock';
import { hex, HORIZON } from '@sotto/wire';
import { destroyDead, keyIdOf, prepare, tagPurposeOf } from '../src/keys/authority.ts';
import { KeyRing } from '../src/keys/key-ring.ts';
import { runSchedule } from '../src/keys/schedule.ts';
import type { StoredEpoch } from '../src/ports.ts';
import { inner, padded, seal } from './support/client.ts';
import {
  DAY,
  testGateway,
  memoryStores,
  NOW,
  opened,
  outerCode,
  random,
  type TestGateway,
} from './support/gateway.ts';

const MIDNIGHT = NOW - 3600;
const TODAY = MIDNIGHT / DAY;

async function keysOf({ app }: TestGateway): Promise<string> {
  const response = await app.request('/.well-known/ohttp-gateway');
  return hex(new Uint8Array(await response.arrayBuffer()));
}

describe('the schedule', () => {
  test('G07 a key opens from its epoch, less a skew, until grace after its bundle, and not later', async () => {
    const h = await testGateway();
    const sealer = await h.sealer();
    const tries: [number, string][] = [
      [MIDNIGHT, '200'],
      [MIDNIGHT + DAY, '200'],
      [MIDNIGHT + 2 * DAY - 1, '200'],
      [MIDNIGHT + 2 * DAY + 299, '200'],
      [MIDNIGHT + 2 * DAY + 300, '400 ohttp-key'],
      [MIDNIGHT - 300, '200'],
      [MIDNIGHT - 301, '400 ohttp-key'],
    ];
    for (const [now, expected] of tries) {
      h.now = now;
      const sealed = await seal(sealer, padded(inner({ authority: 'open', fields: await h.fields('open') })));
      const response = await h.post(sealed.body);
      const told =
        response.status === 200
          ? `${(await opened(sealed, response)).inner.status}`
          : `${response.status} ${await outerCode(response)}`;
      expect([now - MIDNIGHT, told]).toEqual([now - MIDNIGHT, expected]);
    }
  });

  test('G07 after grace the private key is deleted from the store, and from memory with the next request', async () => {
    const h = await testGateway();
    const { authority } = h.deps;
    h.now = MIDNIGHT + 2 * DAY + 299;
    await destroyDead(authority, h.now);
    expect((await authority.store.epochs(0, TODAY)).map(({ epochIndex }) => epochIndex)).toEqual([TODAY]);
    h.now += 1;
    await destroyDead(authority, h.now);
    expect(await authority.store.epochs(0, TODAY)).toEqual([]);
    expect(await authority.store.bundles(0, TODAY)).toEqual([]);
    const live = await new KeyRing(authority).at(h.now);
    expect(live.gatewayKeys.map(({ config }) => config.keyId)).not.toContain(keyIdOf(TODAY, KEM.X25519));
    expect(live.tagKey(TODAY)).toBeNull();
  });

  test('G07 a key past grace is not kept in memory: it would have to be unwrapped again', async () => {
    const h = await testGateway();
    const unwrapped: string[] = [];
    const { wrap } = h.deps.authority;
    const unwrap: typeof wrap.unwrap = (wrapped, purpose) => {
      unwrapped.push(hex(purpose));
      return wrap.unwrap(wrapped, purpose);
    };
    const ring = new KeyRing({ ...h.deps.authority, wrap: { ...wrap, unwrap } });
    const again = async (now: number): Promise<number> => {
      unwrapped.length = 0;
      await ring.at(now);
      return unwrapped.filter((purpose) => purpose === hex(tagPurposeOf(TODAY))).length;
    };
    expect(await again(NOW)).toBe(1);
    expect(await again(NOW + DAY)).toBe(0);
    expect(await again(MIDNIGHT + 2 * DAY + 299)).toBe(0);
    expect(await again(MIDNIGHT + 2 * DAY + 300)).toBe(0);
    expect(await again(NOW + DAY)).toBe(1); // the store still has it, and the clock was set back
  });

  test('the keys of an epoch are read once in it', async () => {
    const h = await testGateway();
    const { store } = h.deps.authority;
    let reads = 0;
    const epochs: typeof store.epochs = (from, to) => {
      reads++;
      return store.epochs(from, to);
    };
    const ring = new KeyRing({ ...h.deps.authority, store: { ...store, epochs } });
    for (const later of [0, 10, 3600, 43_200]) await ring.at(NOW + later);
    expect(reads).toBe(1);
  });

  test('a destroyed epoch never comes back, also by a clock that is behind', async () => {
    const h = await testGateway();
    const { authority } = h.deps;
    await destroyDead(authority, MIDNIGHT + 3 * DAY);
    await prepare(authority, MIDNIGHT);
    expect((await authority.store.epochs(0, TODAY + 1)).map(({ epochIndex }) => epochIndex)).toEqual([
      TODAY + 1,
    ]);
    await destroyDead(authority, MIDNIGHT); // a clock that went back
    await prepare(authority, MIDNIGHT);
    expect(await authority.store.epochs(0, TODAY)).toEqual([]);
  });

  test('N24 a clock that is days ahead for a while destroys no key that is still used', async () => {
    const h = await testGateway();
    let minute = 0;
    let ahead = 0;
    const now = (): number => NOW + minute * 60 + ahead;
    const settledNow = settledClock({ now, elapsed: () => minute * 60, windowSeconds: 1800 });
    const authority = { ...h.deps.authority, settledNow };
    const before = await authority.store.epochs(TODAY, TODAY + 1);
    const run = async (minutes: number): Promise<void> => {
      for (let i = 0; i < minutes; i++, minute++) await runSchedule(authority, now());
    };
    await run(60);
    ahead = 3 * DAY;
    await run(10);
    ahead = 0;
    await run(60);
    expect(await authority.store.epochs(TODAY, TODAY + 1)).toEqual(before);
    ahead = 3 * DAY; // permanently: the clock is not set back
    await run(60);
    expect(await authority.store.epochs(TODAY, TODAY)).toEqual([]);
  });

  test('keys are made ahead, and ten further concurrent runs make none', async () => {
    const store = memoryStores().keys;
    const h = await testGateway({ store });
    const before = await store.epochs(0, Infinity);
    expect(before.map(({ epochIndex }) => epochIndex)).toEqual(
      Array.from({ length: HORIZON + 1 }, (_, i) => TODAY + i),
    );
    await Promise.all(Array.from({ length: 10 }, () => prepare(h.deps.authority, NOW)));
    expect(await store.epochs(0, Infinity)).toEqual(before);
  });

  test('ten cold isolates at once agree on the keys of every epoch', async () => {
    const store = memoryStores().keys;
    const gateways = await Promise.all(Array.from({ length: 10 }, () => testGateway({ store })));
    const shown = await Promise.all(gateways.map(keysOf));
    expect(new Set(shown).size).toBe(1);
  });

  test.each<[rule: string, choose: (kemIds: readonly number[]) => number | undefined, kemId: number]>([
    ['takes the last key (the Rust crate)', (kemIds) => kemIds.at(-1), KEM.X_WING],
    ['takes the first key', (kemIds) => kemIds[0], KEM.X25519],
    [
      'takes the last key it supports, X25519 only',
      (kemIds) => kemIds.findLast((id) => id === 0x20),
      KEM.X25519,
    ],
    [
      'takes the first key it supports, X-Wing only',
      (kemIds) => kemIds.find((id) => id === 0x647a),
      KEM.X_WING,
    ],
  ])('N76 a client that %s gets a response', async (_rule, choose, kemId) => {
    const h = await testGateway();
    const list = await h.app.request('/.well-known/ohttp-gateway');
    const configs = decodeKeyConfigs(new Uint8Array(await list.arrayBuffer()));
    const chosen = choose(configs.map((config) => config.kemId));
    expect(chosen).toBe(kemId);
    const sent = await h.send(inner({ fields: await h.fields() }), chosen);
    expect(sent.inner.status).toBe(200);
  });

  test('an epoch has one X25519 and one X-Wing key, in this order, and distinct ids among live epochs', async () => {
    const h = await testGateway();
    const { keyConfigs } = await h.bundle();
    expect(decodeKeyConfigs(keyConfigs).map(({ kemId }) => kemId)).toEqual([KEM.X25519, KEM.X_WING]);
    expect(hex(keyConfigs)).toBe(await keysOf(h));
    for (let epochIndex = 0; epochIndex < 300; epochIndex++) {
      const ids = Array.from({ length: HORIZON + 4 }, (_, i) => [
        keyIdOf(epochIndex + i, KEM.X_WING),
        keyIdOf(epochIndex + i, KEM.X25519),
      ]).flat();
      expect(new Set(ids).size).toBe(ids.length);
      expect(Math.max(...ids)).toBeLessThan(256);
    }
  });

  test('G28 over twenty epochs, every client whose bundle has not expired gets a response', async () => {
    const E = 10;
    const h = await testGateway({ epochSeconds: E, now: 100_000 * E });
    const outcomes: string[] = [];
    for (let epoch = 0; epoch < 20; epoch++) {
      await h.signEpochs();
      const sealer = await h.sealer();
      for (const age of [0, E - 1, E, 2 * E - 1]) {
        const then = h.now;
        h.now += age;
        const sealed = await seal(
          sealer,
          padded(inner({ authority: 'open', fields: await h.fields('open') })),
        );
        outcomes.push(`${(await opened(sealed, await h.post(sealed.body))).inner.status}`);
        h.now = then;
      }
      await destroyDead(h.deps.authority, h.now);
      h.now += E;
    }
    expect(outcomes).toHaveLength(80);
    expect(new Set(outcomes)).toEqual(new Set(['200']));
  });
});

describe('the storage of keys', () => {
  test('K02 a public key of another private key, or a repeated id, is not served', async () => {
    const spoils: ((epoch: StoredEpoch) => StoredEpoch)[] = [
      (epoch) => ({
        ...epoch,
        keys: epoch.keys.map((key) => ({ ...key, publicKey: random(key.publicKey.length) })),
      }),
      (epoch) => ({ ...epoch, keys: [...epoch.keys, ...epoch.keys] }),
      (epoch) => ({ ...epoch, tagKey: random(60) }),
    ];
    for (const spoil of spoils) {
      const store = memoryStores().keys;
      await testGateway({ store });
      const spoilt = {
        ...store,
        epochs: async (a: number, b: number) => (await store.epochs(a, b)).map(spoil),
      };
      const response = await (
        await testGateway({ store }).then(() => restartedGateway(spoilt))
      ).request('/.well-known/ohttp-gateway');
      expect([response.status, await outerCode(response)]).toEqual([503, 'unavailable']);
    }
  });

  test('K03 with another wrapping key or a failing store the response is 503, and no new key is made', async () => {
    const store = memoryStores().keys;
    await testGateway({ store });
    const before = await store.epochs(0, Infinity);
    const other = await restartedGateway(store, new Uint8Array(32).fill(1));
    expect((await other.request('/.well-known/ohttp-gateway')).status).toBe(503);
    const failing = await restartedGateway({ ...store, epochs: () => Promise.reject(new Error('away')) });
    for (const path of ['/.well-known/ohttp-gateway']) {
      const response = await failing.request(path);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    }
    expect(await store.epochs(0, Infinity)).toEqual(before);
  });

  test('no private key is in the store in the clear, nor under another epoch’s name', async () => {
    const h = await testGateway();
    const { wrap, store } = h.deps.authority;
    const [epoch, next] = await store.epochs(TODAY, TODAY + 1);
    if (epoch === undefined || next === undefined) throw new Error('no epochs');
    const { purposeOf } = await import('../src/keys/authority.ts');
    const [key] = epoch.keys;
    if (key === undefined) throw new Error('no key');
    expect(key.wrapped).toHaveLength(12 + 32 + 16);
    await expect(wrap.unwrap(key.wrapped, purposeOf(TODAY, key.kemId, key.publicKey))).resolves.toHaveLength(
      32,
    );
    await expect(wrap.unwrap(key.wrapped, purposeOf(TODAY + 1, key.kemId, key.publicKey))).rejects.toThrow(
      /./,
    );
  });
});

/** The app of a new isolate over an existing store, without signing anything. */
async function restartedGateway(
  store: TestGateway['deps']['authority']['store'],
  wrappingKey?: Uint8Array<ArrayBuffer>,
) {
  const { gateway } = await import('../src/app.ts');
  const { aesKeyWrap } = await import('@sotto/service/keys');
  const { deps } = await testGateway();
  const wrap =
    wrappingKey === undefined
      ? deps.authority.wrap
      : aesKeyWrap(crypto.subtle, { current: wrappingKey, previous: null }, random);
  return gateway({ ...deps, authority: { ...deps.authority, store, wrap } });
}
