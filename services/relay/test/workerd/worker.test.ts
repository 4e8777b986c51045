import {
  createExecutionContext,
  createScheduledController,
  env,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PROBLEMS, problemText } from '@sotto/http';
import worker from '../../src/index.ts';

const CREDENTIAL = 'a-credential-of-the-relay';
const ENVELOPE = new Uint8Array(64);

/** Body as text, because `.text()` would warn about a type that is not text. */
const text = async (response: Response): Promise<string> =>
  new TextDecoder().decode(await response.arrayBuffer());

/**
 * The relay's bindings of its block in wrangler.toml, with its secret. Its gateways may be at its provider.
 */
const bound = (more: Record<string, unknown> = {}) =>
  ({
    ...env,
    RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
    ALLOW_ONE_PROVIDER: 'true',
    ...more,
  }) as never;

async function call(url: string, bindings: never, init: RequestInit = {}): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(url, init) as Request<unknown, IncomingRequestCfProperties>;
  const response = await worker.fetch(request, bindings, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}
const post = (url: string, bindings: never, headers: Record<string, string> = {}): Promise<Response> =>
  call(url, bindings, {
    method: 'POST',
    body: ENVELOPE,
    headers: { 'content-type': 'message/ohttp-req', ...headers },
  });

describe('the Worker', () => {
  const upstream = vi.fn<typeof fetch>();
  const seen = (): Request[] => upstream.mock.calls.map(([url, init]) => new Request(url as string, init));

  beforeEach(() => {
    upstream.mockImplementation(() =>
      Promise.resolve(new Response('sealed', { headers: { 'content-type': 'message/ohttp-res' } })),
    );
    vi.stubGlobal('fetch', upstream);
  });
  afterEach(() => {
    upstream.mockReset();
    vi.unstubAllGlobals();
  });

  test('R08 sends to the configured gateway, with fixed headers', async () => {
    const headers = { cookie: 'canary', 'cf-connecting-ip': '192.0.2.1', 'x-canary': '1' };
    const response = await post('https://relay.other.example/ohttp', bound(), headers);
    expect([response.status, await text(response)]).toEqual([200, 'sealed']);
    const [request] = seen();
    expect(request?.url).toBe('https://gateway.example/.well-known/ohttp-gateway');
    expect(request?.redirect).toBe('manual');
    expect([...(request?.headers ?? [])]).toEqual([
      ['authorization', `Bearer ${CREDENTIAL}`],
      ['content-type', 'message/ohttp-req'],
    ]);
  });

  test('R24 without its secret, or in one zone with its gateway, it serves nothing', async () => {
    for (const [url, bindings] of [
      ['https://relay.other.example/health', bound({ RELAY_TOKENS: undefined })],
      ['https://relay.other.example/health', bound({ GATEWAYS: '{}' })],
      ['https://gateway.example/health', bound()],
      ['https://relay.gateway.example/health', bound()],
    ] as const) {
      const response = await call(url, bindings);
      expect([response.status, await text(response)]).toEqual([503, problemText(PROBLEMS.unavailable)]);
    }
    expect(upstream).not.toHaveBeenCalled();
  });

  test('R24 after a request to another origin, one in the zone of its gateway is still refused', async () => {
    const bindings = bound();
    const statusAt = async (origin: string): Promise<number> =>
      (await call(`${origin}/health`, bindings)).status;
    for (const [origin, status] of [
      ['https://relay.other.example', 200],
      ['https://relay.gateway.example', 503],
      ['https://relay.other.example', 200],
      ['https://relay.other.example.gateway.example', 503],
      ['https://gateway.example', 503],
    ] as const) {
      expect([origin, await statusAt(origin)]).toEqual([origin, status]);
    }
  });

  test('R24 N48 its cron gives the reason, in one line', async () => {
    const run = worker.scheduled(createScheduledController(), bound({ RELAY_TOKENS: undefined }));
    await expect(run).rejects.toThrow('RELAY_TOKENS: is missing');
  });

  test('R27 the platform counts by address, and its limit applies before any call', async () => {
    const keys: string[] = [];
    const limit = ({ key }: { key: string }): Promise<{ success: boolean }> => {
      keys.push(key);
      return Promise.resolve({ success: keys.length < 3 });
    };
    const bindings = bound({ LIMITER: { limit } });
    const from = (address: string) =>
      post('https://relay.other.example/ohttp', bindings, { 'cf-connecting-ip': address });
    expect((await from('192.0.2.1')).status).toBe(200);
    expect((await from('2001:db8:1:2:3::4')).status).toBe(200);
    const refused = await from('192.0.2.1');
    expect([refused.status, await text(refused)]).toEqual([429, problemText(PROBLEMS['too-many-requests'])]);
    expect(keys).toEqual(['192.0.2.1', '2001:db8:1:2::/64', '192.0.2.1']);
    expect(upstream).toHaveBeenCalledTimes(2);
  });

  test('N08 the platform counts bundles apart from exchanges, and requests of other pages not at all', async () => {
    const keys: string[] = [];
    const limit = ({ key }: { key: string }): Promise<{ success: boolean }> => {
      keys.push(key);
      return Promise.resolve({ success: !key.startsWith('bundle') });
    };
    const bindings = bound({ LIMITER: { limit }, CORS_ORIGINS: '["https://app.example"]' });
    const bundle = (origin: string): Promise<Response> =>
      call('https://relay.other.example/bundle', bindings, {
        headers: { origin, 'cf-connecting-ip': '192.0.2.1' },
      });
    expect((await bundle('https://evil.example')).status).toBe(403);
    expect(keys).toEqual([]);
    expect((await bundle('https://app.example')).status).toBe(429);
    const exchange = await post('https://relay.other.example/ohttp', bindings, {
      'cf-connecting-ip': '192.0.2.1',
    });
    expect(exchange.status).toBe(200);
    expect(keys).toEqual(['bundle 192.0.2.1', '192.0.2.1']);
  });

  test('N01 a rate limit that does not respond, or fails, is 503 within its time', async () => {
    for (const limit of [() => new Promise(() => {}), () => Promise.reject(new Error('away'))]) {
      const response = await post('https://relay.other.example/ohttp', bound({ LIMITER: { limit } }));
      expect(response.status).toBe(503);
    }
    expect(upstream).not.toHaveBeenCalled();
  });

  test('L7 the cron fetches the bundle; clients then get its bytes and cause no fetch', async () => {
    const bindings = bound({ BUNDLE_SECONDS: '86400' }); // an isolate of its own, with respect to the cache
    upstream.mockImplementation(() =>
      Promise.resolve(
        new Response('the bundle', { headers: { 'content-type': 'application/sotto-bundle' } }),
      ),
    );
    await worker.scheduled(createScheduledController(), bindings);
    for (let i = 0; i < 20; i++) {
      const response = await call('https://relay.other.example/bundle', bindings, {
        headers: { cookie: `${i}` },
      });
      expect(await text(response)).toBe('the bundle');
    }
    expect(seen().map(({ url }) => url)).toEqual(['https://gateway.example/bundle']);
  });

  test('a gateway that is a Worker too is refused until one provider is accepted, and the cron gives the reason', async () => {
    const bindings = bound({ ALLOW_ONE_PROVIDER: 'false' }); // PROVIDER is cloudflare without being set
    const headers = { 'content-type': 'application/sotto-bundle', 'sotto-provider': 'cloudflare' };
    upstream.mockImplementation(() => Promise.resolve(new Response('the bundle', { headers })));
    expect((await post('https://relay.other.example/ohttp', bindings)).status).toBe(503);
    expect(seen().map(({ url }) => url)).toEqual(['https://gateway.example/bundle']);
    const run = worker.scheduled(createScheduledController(), bindings);
    await expect(run).rejects.toThrow('PROVIDER: is also the provider of a gateway');
  });

  test('R26 responses to POST are not cached', async () => {
    await post('https://relay.other.example/ohttp', bound());
    await post('https://relay.other.example/ohttp', bound());
    expect(upstream).toHaveBeenCalledTimes(2);
    expect(await caches.default.match('https://gateway.example/.well-known/ohttp-gateway')).toBe(undefined);
  });
});
