import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { memoryWallet, type ClientError } from '../src/index.ts';
import { field, inner, json } from './support/gateway.ts';
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

  test('sends the fields of the caller after its own, sorted by name and in lower case', async () => {
    const { world, client } = await prepared();
    const headers = { 'X-Trace': 'b', accept: 'application/json', 'Content-Type': 'text/plain' };
    await client.fetch('https://stickers/x', { headers });
    const names = world.gateway.seen[0]?.fields.map(([name]) => name);
    expect(names).toEqual(['authorization', 'content-type', 'date', 'accept', 'x-trace']);
  });

  test.each(['Authorization', 'cookie', 'Host', 'date', 'sec-fetch-site', 'cf-ray', 'X-Forwarded-For', 'te'])(
    'the field %s is refused before a token is taken, and its value is not quoted',
    async (name) => {
      const { client, left } = await prepared();
      const error = await client
        .fetch('https://stickers/x', { headers: { [name]: 'canary' } })
        .catch((caught: unknown) => caught as ClientError);
      expect(error).toMatchObject({ code: 'config' });
      expect((error as ClientError).message).toContain(name.toLowerCase());
      expect((error as ClientError).message).not.toContain('canary');
      expect(await left()).toEqual([30, 0]);
    },
  );

  test('a value that is not ASCII is refused before a token is taken', async () => {
    const { client, left } = await prepared();
    const fetching = client.fetch('https://stickers/x', { headers: { accept: 'a\u00e9' } });
    await expect(fetching).rejects.toMatchObject({ code: 'config' });
    expect(await left()).toEqual([30, 0]);
  });

  test('requests that differ in a field are not one attempt', async () => {
    const { world, client } = await prepared();
    world.gateway.service = () => inner(503, 'unavailable');
    const url = 'https://stickers/x';
    const failed = await client
      .fetch(url, { headers: { accept: 'a' } })
      .catch((e: unknown) => e as ClientError);
    const attempt = (failed as ClientError).attempt?.id ?? '';
    const other = client.fetch(url, { headers: { accept: 'b' }, attempt });
    await expect(other).rejects.toMatchObject({ code: 'attempt-over' });
  });

  test('an unknown service is a coded error', async () => {
    const { client } = await prepared();
    await expect(client.fetch('https://weather/x')).rejects.toMatchObject({ code: 'unknown-service' });
  });
});

describe('client.fetch and errors', () => {
  test.each([
    ['bad-request', 400],
    ['forbidden', 403],
    ['method-not-allowed', 405],
    ['unsupported-media-type', 415],
  ])('%s of the gateway: request-refused with this cause, and no retry', async (code, status) => {
    const { world, client, left } = await prepared();
    world.gateway.refuse = () => inner(status, code);
    const error = await client.fetch('https://stickers/x').catch((caught: unknown) => caught as ClientError);
    expect(error).toMatchObject({ code: 'request-refused', attempt: null, cause: { code, message: code } });
    expect(await left()).toEqual([29, 0]);
  });

  test('the same problem of the service itself is its response', async () => {
    const { world, client } = await prepared();
    const { status, type, content } = inner(403, 'forbidden');
    world.gateway.service = () => ({ status, type: type ?? '', content });
    expect((await client.fetch('https://stickers/x')).status).toBe(403);
  });

  test.each<[string, unknown, string | undefined]>([
    ['of the system', Object.assign(new Error('connect 192.0.2.7'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [
      'behind another one',
      new TypeError('fetch failed', { cause: { code: 'UND_ERR_SOCKET' } }),
      'UND_ERR_SOCKET',
    ],
    ['of the platform', new DOMException('secret', 'NetworkError'), 'NetworkError'],
    ['without a code', new TypeError('secret'), undefined],
    ['with a code that is a text', Object.assign(new Error('x'), { code: 'alice@example' }), undefined],
    ['that is not an Error', 'secret', undefined],
  ])('the cause of a failure %s is only its code', async (_name, thrown, code) => {
    const { world, client } = await prepared();
    world.intercept = ({ url }) => {
      if (url.endsWith('/ohttp')) throw thrown;
      return null;
    };
    const error = (await client
      .fetch('https://stickers/x')
      .catch((caught: unknown) => caught)) as ClientError;
    expect(error.code).toBe('relay-unreachable');
    expect((error.cause as { code?: string } | undefined)?.code).toBe(code);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/secret|192\.0\.2|alice/);
  });
});

describe('client.fetch and AbortSignal', () => {
  test('aborted while the key bundle is fetched: rejects at once', async () => {
    const world = await World.create();
    const controller = new AbortController();
    world.intercept = () => new Promise(() => {});
    const fetching = world.client().fetch('https://stickers/x', { signal: controller.signal });
    controller.abort();
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('aborted while tokens are requested: rejects at once, and no token is lost', async () => {
    const { world } = await prepared();
    const wallet = memoryWallet();
    const client = world.client({ wallet, restSeconds: 0 });
    await client.bundle();
    const controller = new AbortController();
    const gate = Promise.withResolvers<null>();
    world.intercept = ({ url }) => {
      if (!url.endsWith('/token-request')) return null;
      controller.abort();
      return gate.promise;
    };
    const envelopes = world.gateway.envelopes.length;
    const fetching = client.fetch('https://stickers/x', { signal: controller.signal });
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
    gate.resolve(null);
    const count = (): Promise<number> => wallet.update(({ tokens }) => tokens.length);
    await vi.waitFor(async () => expect(await count()).toBe(30));
    expect(await wallet.update(({ pending }) => pending)).toEqual([]);
    expect(world.gateway.envelopes).toHaveLength(envelopes);
  });

  test('aborted while the body of a Request is read: rejects at once', async () => {
    const { client, left } = await prepared();
    const controller = new AbortController();
    const body = new ReadableStream({ pull: () => new Promise(() => {}) });
    const request = { url: 'https://stickers/x', method: 'POST', headers: new Headers(), body };
    const fetching = client.fetch({ ...request, signal: controller.signal } as unknown as Request);
    controller.abort();
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' });
    expect(await left()).toEqual([30, 0]);
  });

  test('the signal of a Request counts as that of the init', async () => {
    const { client } = await prepared();
    const request = new Request('https://stickers/x', { signal: AbortSignal.abort() });
    await expect(client.fetch(request)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('aborted before: rejects with its reason, and the token is not used', async () => {
    const { client, left } = await prepared();
    const reason = new Error('changed my mind');
    const fetching = client.fetch('https://stickers/x', { signal: AbortSignal.abort(reason) });
    await expect(fetching).rejects.toBe(reason);
    expect(await left()).toEqual([30, 0]);
  });

  test('aborted while the request is in flight: rejects at once, and the token is used up', async () => {
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
