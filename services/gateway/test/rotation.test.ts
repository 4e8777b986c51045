import { epochIndexAt, HORIZON } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { gateway } from '../src/app.ts';
import { prepare } from '../src/keys/authority.ts';
import { requireReadable } from '../src/keys/rotation.ts';
import { operator as operatorRoutes } from '../src/operator.ts';
import type { KeyStore } from '../src/ports.ts';
import { inner, padded, seal } from './support/client.ts';
import {
  DAY,
  testGateway,
  memoryStores,
  NOW,
  opened,
  OPERATOR_TOKEN,
  random,
  type TestGateway,
} from './support/gateway.ts';

const TODAY = epochIndexAt(NOW, DAY);
const [OLD, NEW] = [random(32), random(32)];
const KEYS_PATH = '/.well-known/ohttp-gateway';

async function operator(h: TestGateway, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  const response = await h.app.request(path, { method: 'POST', headers });
  expect(response.status).toBe(200);
  return response.json();
}

/** A gateway with its operator's routes over another store. */
function appOver(h: TestGateway, store: KeyStore) {
  const deps = { ...h.deps, authority: { ...h.deps.authority, store } };
  return gateway(deps).route('/', operatorRoutes(deps));
}

const statusOf = async (h: TestGateway): Promise<number> => (await h.app.request(KEYS_PATH)).status;

describe('N52 the wrapping key of the gateway is changed', () => {
  test('without an outage: both keys, rewrap, the new key alone', async () => {
    const store = memoryStores().keys;
    const before = await testGateway({ store, wrappingKeys: { current: OLD } });
    const sealed = await seal(
      await before.sealer(),
      padded(inner({ authority: 'open', fields: await before.fields('open') })),
    );
    const shown = await (await before.app.request(KEYS_PATH)).arrayBuffer();

    const during = await testGateway({ store, wrappingKeys: { current: NEW, previous: OLD } });
    expect((await during.search()).inner.status).toBe(200);
    expect(await operator(during, '/operator/keys/rewrap')).toEqual({
      rewrapped: 3 * (HORIZON + 1),
      unreadable: [],
    });
    expect(await operator(during, '/operator/keys/rewrap')).toEqual({ rewrapped: 0, unreadable: [] });

    const after = await testGateway({ store, wrappingKeys: { current: NEW } });
    expect(await requireReadable(after.deps.authority)).toEqual([]);
    expect(await (await after.app.request(KEYS_PATH)).arrayBuffer()).toEqual(shown);
    expect((await opened(sealed, await after.post(sealed.body))).inner.status).toBe(200); // an envelope from before
  });

  test('keys that are made during the change are under the new key', async () => {
    const store = memoryStores().keys;
    await testGateway({ store, wrappingKeys: { current: OLD } });
    const during = await testGateway({
      store,
      wrappingKeys: { current: NEW, previous: OLD },
      now: NOW + 2 * DAY,
    });
    expect(await operator(during, '/operator/keys/rewrap')).toMatchObject({ rewrapped: 3 * (HORIZON + 1) });
    const after = await testGateway({ store, wrappingKeys: { current: NEW }, now: NOW + 2 * DAY });
    expect(await requireReadable(after.deps.authority)).toEqual([]);
  });

  test('a wrong key is found at the start, with the remedy', async () => {
    const store = memoryStores().keys;
    await testGateway({ store, wrappingKeys: { current: OLD } });
    const wrong = await testGateway({ store: memoryStores().keys, wrappingKeys: { current: NEW } });
    await expect(requireReadable({ ...wrong.deps.authority, store })).rejects.toThrow(
      'KEY_WRAPPING_KEY: unwraps no key in the store. Set KEY_WRAPPING_KEY_PREVIOUS to the key before it, or KEYS_LOST=1 if that is lost',
    );
    expect(await requireReadable({ ...wrong.deps.authority, store: memoryStores().keys })).toEqual([]); // an empty store
  });
});

describe('N52 one epoch whose keys cannot be unwrapped', () => {
  /** A store whose keys of one epoch are wrapped under a lost key. */
  async function damaged(epochIndex: number) {
    const store = memoryStores().keys;
    const h = await testGateway({ store, wrappingKeys: { current: OLD } });
    const sealed = await seal(
      await h.sealer(),
      padded(inner({ authority: 'open', fields: await h.fields('open') })),
    );
    const [epoch] = await store.epochs(epochIndex, epochIndex);
    const [key] = epoch?.keys ?? [];
    if (key === undefined) throw new Error('no key');
    await store.rewrap([{ epochIndex, kemId: key.kemId, before: key.wrapped, after: random(60) }]);
    return { store, sealed };
  }

  test('does not stop the others from opening requests, and is reported to the operator', async () => {
    const { store, sealed } = await damaged(TODAY + 1);
    const before = await testGateway({ store, wrappingKeys: { current: OLD } });
    expect((await before.search()).inner.status).toBe(200);
    // The next day, whose own keys cannot be used: a client with yesterday's bundle gets a response.
    const h = await testGateway({ store: memoryStores().keys, wrappingKeys: { current: OLD }, now: NOW });
    h.now = NOW + DAY;
    const app = gateway({ ...h.deps, now: () => NOW, authority: { ...h.deps.authority, store } });
    const headers = {
      authorization: 'Bearer the-credential-of-the-relay',
      'content-type': 'message/ohttp-req',
    };
    expect((await app.request(KEYS_PATH, { method: 'POST', headers, body: sealed.body })).status).toBe(200);
    const tomorrow = gateway({ ...h.deps, authority: { ...h.deps.authority, store } });
    expect((await tomorrow.request(KEYS_PATH)).status).toBe(503); // it shows no key that it cannot use
    const { body } = sealed;
    const late = await tomorrow.request(KEYS_PATH, { method: 'POST', headers, body });
    expect(late.status).toBe(200); // opened, and its Date refused inside
    expect(await requireReadable({ ...h.deps.authority, store })).toEqual([TODAY + 1]);
    await h.deps.tally.flush(h.deps.counters);
    expect(await h.deps.counters.totals()).toHaveProperty('unreadable_epochs keys');
  });

  test('is made anew if it is still ahead; the current one stays, because clients have its bundle', async () => {
    for (const [epochIndex, replaced] of [
      [TODAY + 1, [TODAY + 1]],
      [TODAY + 7, [TODAY + 7]],
      [TODAY, []],
    ] as const) {
      const { store } = await damaged(epochIndex);
      const others = (await store.epochs(0, TODAY + HORIZON)).filter(
        (epoch) => epoch.epochIndex !== epochIndex,
      );
      const h = await testGateway({ store: memoryStores().keys, wrappingKeys: { current: OLD } });
      const app = appOver(h, store);
      expect(await operator({ ...h, app }, '/operator/keys/replace-unreadable')).toEqual({ replaced });
      const unreadable = await requireReadable({ ...h.deps.authority, store });
      expect(unreadable).toEqual(replaced.length === 0 ? [epochIndex] : []);
      const after = (await store.epochs(0, TODAY + HORIZON)).filter(
        (epoch) => epoch.epochIndex !== epochIndex,
      );
      expect(after).toEqual(others);
      const [bundle] = await store.bundles(epochIndex, epochIndex);
      expect(bundle?.signature === null).toBe(replaced.length > 0); // then it has to be signed again
    }
  });

  test('after the wrapping key was lost the outage ends with the current epoch', async () => {
    const store = memoryStores().keys;
    await testGateway({ store, wrappingKeys: { current: OLD } });
    const h = await testGateway({ store: memoryStores().keys, wrappingKeys: { current: NEW } });
    const authority = { ...h.deps.authority, store };
    const lost = { ...h, app: appOver(h, store) };
    expect(await statusOf(lost)).toBe(503);
    expect(await operator(lost, '/operator/keys/replace-unreadable')).toEqual({
      replaced: Array.from({ length: HORIZON }, (_, i) => TODAY + 1 + i),
    });
    h.now = NOW + DAY;
    await prepare(authority, h.now);
    expect(await statusOf(lost)).toBe(200);
  });
});
