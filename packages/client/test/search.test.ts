import { describe, expect, test } from 'vitest';
import { field } from './support/gateway.ts';
import type { ClientError } from '../src/index.ts';
import { World } from './support/world.ts';

const RELAY = ['https://relay.example/bundle', 'https://relay.example/ohttp'];
const ISSUER = 'https://issuer.example/token-request';

describe('search', () => {
  test('a new client fetches the bundle, requests tokens and sends one envelope', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    const { results, next } = await client.search('happy cat', { locale: 'en', limit: 5 });
    expect(results.map(({ name }) => name)).toEqual(['happy cat']);
    expect(next).toBeNull();
    expect(world.urls()).toEqual([RELAY[0], ISSUER, RELAY[1]]);
    const [request] = world.gateway.seen;
    expect(JSON.parse(new TextDecoder().decode(request?.content))).toEqual({
      q: 'happy cat',
      locale: 'en',
      limit: 5,
      art: 'bytes',
    });
  });

  test('the second search fetches neither bundle nor tokens', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.search('happy cat');
    const before = world.sent.length;
    await client.search('dog');
    expect(world.urls().slice(before)).toEqual([RELAY[1]]);
    expect(world.issuer.spent.size).toBe(2);
  });

  test('inner header set: the same names, order and a Date rounded to ten minutes', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    world.now += 599;
    await client.search('happy cat');
    world.now += 1234;
    await client.search('🐱', { locale: 'ja', cursor: 'abc', packs: ['core'] });
    for (const request of world.gateway.seen) {
      expect(request.fields.map(([name]) => name)).toEqual(['authorization', 'content-type', 'date']);
      expect(request).toMatchObject({
        method: 'POST',
        scheme: 'https',
        authority: 'stickers',
        path: '/v1/search',
      });
      expect(Date.parse(field(request, 'date')) % 600_000).toBe(0);
      expect(field(request, 'authorization')).toMatch(/^PrivateToken token="[\w-]{216}"$/);
    }
  });

  test('every envelope has one length, for any query', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    for (const query of ['a', 'happy cat', 'x'.repeat(128), '猫'.repeat(128)]) await client.search(query);
    expect(new Set(world.gateway.envelopes.map(({ length }) => length)).size).toBe(1);
  });

  test('N13 outer requests carry a constant language and their content type; no cookies, cache, referrer, redirect', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.search('happy cat');
    const [bundle, tokens, envelope] = world.sent.map(({ init }) => init);
    expect(bundle?.headers).toEqual({ 'accept-language': '*' });
    expect(Object.keys(tokens?.headers ?? {})).toEqual(['accept-language', 'authorization', 'content-type']);
    expect(envelope?.headers).toEqual({ 'accept-language': '*', 'content-type': 'message/ohttp-req' });
    for (const init of [bundle, tokens, envelope]) {
      expect(init).toMatchObject({
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      });
    }
  });

  test.each([
    ['query-empty', ' '],
    ['query-too-long', 'x'.repeat(129)],
    ['query-too-long', '🐱'.repeat(97)],
  ])('throws %s before anything is sent', async (code, query) => {
    const world = await World.create();
    await expect(world.client().search(query)).rejects.toMatchObject({ code });
    expect(world.sent).toEqual([]);
  });

  test('a request that does not fit is refused before a token is requested or used', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    const packs = Array.from({ length: 16 }, () => 'p'.repeat(64));
    await expect(client.search('cat', { packs })).rejects.toMatchObject({ code: 'query-too-long' });
    expect(world.urls()).toEqual([RELAY[0]]);
  });

  test.each([
    ['pt_BR', 'pt-BR'],
    ['en_US.UTF-8', 'en-US'],
    ['sr_RS@latin', 'sr-Latn-RS'],
    ['en-US-u-ca-gregory', 'en-US'],
    ['zh_CN_#Hans', 'zh-Hans-CN'],
    ['C', undefined],
    ['klingon!', undefined],
    ['', undefined],
  ])('N38 locale %j is sent as %j', async (locale, sent) => {
    const world = await World.create();
    await world.client({ restSeconds: 0 }).search('cat', { locale });
    const [request] = world.gateway.seen;
    expect((JSON.parse(new TextDecoder().decode(request?.content)) as { locale?: string }).locale).toBe(sent);
  });

  test.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: 49 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ limit: Number.NaN }, 'limit'],
    [{ cursor: 'c'.repeat(65) }, 'cursor'],
    [{ packs: Array.from({ length: 17 }, () => 'core') }, 'packs'],
    [{ packs: ['p'.repeat(65)] }, 'packs'],
  ])(
    'N38 N47 an option that the service refuses is named before anything is sent: %j',
    async (options, name) => {
      const world = await World.create();
      const error = await world
        .client()
        .search('cat', options)
        .catch((caught: unknown) => caught as ClientError);
      expect(error).toMatchObject({ code: 'config' });
      expect((error as ClientError).message).toContain(`Option ${name} must be`);
      expect(world.sent).toEqual([]);
    },
  );

  test('N38 an unpaired surrogate in the query becomes U+FFFD', async () => {
    const world = await World.create();
    await world.client({ restSeconds: 0 }).search('cat \ud83d');
    expect(new TextDecoder().decode(world.gateway.seen[0]?.content)).toContain('cat \ufffd');
  });

  test.each([
    [{ path: 'x' }, 'path'],
    [{ path: '/a b' }, 'path'],
    [{ path: '/a#b' }, 'path'],
    [{ path: '/a\r\nx: y' }, 'path'],
    [{ path: '/a/../b' }, 'path'],
    [{ path: '/%2e%2e/admin' }, 'path'],
    [{ path: '/..;/admin' }, 'path'],
    [{ path: '/..%5cadmin' }, 'path'],
    [{ path: '/', method: 'get' }, 'method'],
    [{ path: '/', contentType: 'a\nb' }, 'content type'],
  ])('N38 N47 a request that the gateway refuses is named before a token is used: %j', async (what, name) => {
    const world = await World.create();
    const error = await world
      .client()
      .request('stickers', what)
      .catch((caught: unknown) => caught as ClientError);
    expect(error).toMatchObject({ code: 'config' });
    expect((error as ClientError).message).toContain(name);
    expect(world.urls()).toEqual([RELAY[0]]);
  });

  test('N47 request: method, content type and content may be left out', async () => {
    const world = await World.create();
    await world.client({ restSeconds: 0 }).request('stickers', { path: '/x' });
    const [request] = world.gateway.seen;
    expect([request?.method, request?.path, request?.content.length]).toEqual(['GET', '/x', 0]);
  });

  test('a service without tokens may use the space of a token', async () => {
    const world = await World.create();
    const open = {
      name: 'open',
      tokenType: 0,
      challenge: new Uint8Array(0),
      requestLength: 256,
      streams: false,
      streamsRequests: false,
    };
    world.alter = (bundle) => ({
      ...bundle,
      services: [...bundle.services, { ...open, responseLength: 4096 }],
    });
    const what = { method: 'POST', path: '/x', contentType: 'text/plain', content: new Uint8Array(120) };
    await world
      .client()
      .request('open', what)
      .catch(() => {});
    expect(world.gateway.seen.map(({ content }) => content.length)).toEqual([120]);
    const more = { ...what, content: new Uint8Array(220) };
    await expect(world.client().request('open', more)).rejects.toMatchObject({ code: 'query-too-long' });
    expect(world.gateway.seen).toHaveLength(1);
  });

  test('L15 relay unreachable: nothing is sent to another party', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    await client.refill();
    const before = world.sent.length;
    world.intercept = ({ url }) => {
      if (url.startsWith('https://relay.example')) throw new TypeError('fetch failed');
      return null;
    };
    await expect(client.search('happy cat')).rejects.toMatchObject({ code: 'relay-unreachable' });
    expect(world.urls().slice(before)).toEqual([RELAY[1]]);

    const cold = world.client({ restSeconds: 0 });
    await expect(cold.search('happy cat')).rejects.toMatchObject({ code: 'relay-unreachable' });
    expect(world.urls().slice(before + 1)).toEqual([RELAY[0]]);
  });

  test('request: returns the service’s own 4xx response', async () => {
    const world = await World.create();
    const client = world.client({ restSeconds: 0 });
    world.gateway.service = () => ({ status: 404, type: 'text/plain', content: new Uint8Array([1]) });
    const what = { method: 'GET', path: '/x', contentType: 'text/plain', content: new Uint8Array(0) };
    await expect(client.request('stickers', what)).resolves.toMatchObject({
      status: 404,
      content: new Uint8Array([1]),
    });
    await expect(client.request('elsewhere', what)).rejects.toMatchObject({ code: 'unknown-service' });
  });
});
