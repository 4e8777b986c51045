import { beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { World } from '../support/world.ts';

/**
 * A platform like React Native: no subtle crypto, no Request, no streams, no AbortSignal.timeout, no locks.
 */
beforeAll(() => {
  for (const name of ['Request', 'Response', 'ReadableStream', 'fetch', 'indexedDB']) {
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
  }
});

test('a search uses only the platform that is passed in', async () => {
  expect(globalThis.crypto.subtle).toBeUndefined();
  expect(globalThis.Request).toBeUndefined();
  const world = await World.create();
  const { hpke: _hpke, voprf: _voprf, ...options } = world.options({ restSeconds: 0 });
  const client = createClient(options);
  const { results } = await client.search('happy cat');
  expect(results.map(({ name }) => name)).toEqual(['happy cat']);
  expect(world.issuer.spent.size).toBe(1);
});

test('a response that the platform redirected is refused', async () => {
  const world = await World.create();
  const options = world.options({ restSeconds: 0 });
  const client = createClient({
    ...options,
    fetch: async (url, init) => ({ ...(await options.fetch(url, init)), redirected: true }),
  });
  await expect(client.search('happy cat')).rejects.toMatchObject({ code: 'relay-unreachable' });
  expect(world.urls()).toEqual(['https://relay.example/bundle']);
});
