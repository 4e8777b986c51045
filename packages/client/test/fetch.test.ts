import { describe, expect, test } from 'vitest';
import { memoryWallet, type ClientError } from '../src/index.ts';
import { field, json } from './support/gateway.ts';
import { World } from './support/world.ts';

async function prepared() {
  const world = await World.create();
  const wallet = memoryWallet();
  const client = world.client({ wallet, restSeconds: 0 });
  await client.refill();
  world.gateway.service = (request) => json({ method: request.method, path: request.path });
  const left = (): Promise<[number, number]> =>
    wallet.update(({ tokens, pending }) => [tokens.length, pending.length]);
  return { world, client, left };
}

describe('client.fetch', () => {
  test('returns the response of a service of the table', async () => {
    const { client } = await prepared();
    const response = await client.fetch('https://stickers/v1/packs?x=1#part');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ method: 'GET', path: '/v1/packs?x=1' });
  });

  test.each<[string, RequestInit & { json?: unknown }, string, string, string]>([
    ['json', { json: { q: 'cat' } }, 'POST', 'application/json', '{"q":"cat"}'],
    ['a string', { body: 'text' }, 'POST', 'text/plain;charset=UTF-8', 'text'],
    ['bytes', { body: Uint8Array.of(65, 66) }, 'POST', 'application/octet-stream', 'AB'],
    [
      'a form',
      { body: new URLSearchParams({ a: 'b c' }) },
      'POST',
      'application/x-www-form-urlencoded;charset=UTF-8',
      'a=b+c',
    ],
    [
      'a type of its own',
      { body: '{}', headers: { 'Content-Type': 'application/ld+json' }, method: 'put' },
      'PUT',
      'application/ld+json',
      '{}',
    ],
    ['nothing', { method: 'DELETE' }, 'DELETE', 'application/octet-stream', ''],
  ])('sends %s', async (_name, init, method, type, content) => {
    const { world, client } = await prepared();
    await client.fetch('https://stickers/x', init as never);
    const [request] = world.gateway.seen;
    expect(request?.method).toBe(method);
    expect(request === undefined ? '' : field(request, 'content-type')).toBe(type);
    expect(new TextDecoder().decode(request?.content)).toBe(content);
  });

  test('takes a Request', async () => {
    const { world, client } = await prepared();
    const request = new Request('https://stickers/x', { method: 'POST', body: 'text' });
    await client.fetch(request);
    expect(new TextDecoder().decode(world.gateway.seen[0]?.content)).toBe('text');
    expect(world.gateway.seen[0]?.method).toBe('POST');
  });

  test.each([404, 409, 204, 304])('returns the service’s own %i', async (status) => {
    const { world, client } = await prepared();
    world.gateway.service = () => ({ status, content: new Uint8Array(0) });
    expect((await client.fetch('https://stickers/x')).status).toBe(status);
  });

  test.each([
    ['http://stickers/x'],
    ['https://user@stickers/x'],
    ['https://stickers:8443/x'],
    ['stickers/x'],
    ['https://'],
  ])('%s: config, and nothing is sent', async (url) => {
    const { world, client } = await prepared();
    const sent = world.sent.length;
    await expect(client.fetch(url)).rejects.toMatchObject({ code: 'config' });
    expect(world.sent).toHaveLength(sent);
  });

  test('a header field that would mark the request is refused, and its value is not quoted', async () => {
    const { client, left } = await prepared();
    const error = await client
      .fetch('https://stickers/x', { headers: { 'x-request-id': 'canary' } })
      .catch((caught: unknown) => caught as ClientError);
    expect(error).toMatchObject({ code: 'config' });
    expect((error as ClientError).message).not.toContain('canary');
    expect(await left()).toEqual([30, 0]);
  });

  test('an unknown service is a coded error', async () => {
    const { client } = await prepared();
    await expect(client.fetch('https://weather/x')).rejects.toMatchObject({ code: 'unknown-service' });
  });
});

describe('client.fetch and AbortSignal', () => {
  test('aborted before: rejects with its reason, and the token is not used', async () => {
    const { client, left } = await prepared();
    const reason = new Error('changed my mind');
    const fetching = client.fetch('https://stickers/x', { signal: AbortSignal.abort(reason) });
    await expect(fetching).rejects.toBe(reason);
    expect(await left()).toEqual([30, 0]);
  });

  test('aborted while the request is under way: rejects at once, and the token is used up', async () => {
    const { world, client, left } = await prepared();
    const controller = new AbortController();
    world.intercept = ({ url }) => {
      if (!url.endsWith('/ohttp')) return null;
      controller.abort();
      return new Promise(() => {});
    };
    const fetching = client.fetch('https://stickers/x', { signal: controller.signal });
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
    expect(await left()).toEqual([29, 0]);
  });

  test('aborted while the token is being taken: the token returns to the wallet', async () => {
    const { world, left } = await prepared();
    const controller = new AbortController();
    const wallet = memoryWallet();
    const client = world.client({
      restSeconds: 0,
      wallet: {
        update: async (change) => {
          const result = await wallet.update(change);
          if ((result as { readonly token?: unknown } | undefined)?.token !== undefined) controller.abort();
          return result;
        },
      },
    });
    await expect(client.search('cat', { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await wallet.update(({ tokens, pending }) => [tokens.length, pending.length])).toEqual([30, 0]);
    expect(world.gateway.envelopes).toEqual([]);
    expect(await left()).toEqual([30, 0]);
  });
});
