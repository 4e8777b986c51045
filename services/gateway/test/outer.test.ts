import { describe, expect, test } from 'vitest';
import { hex } from '@sotto/wire';
import { sha256 } from '@noble/hashes/sha2.js';
import { MALFORMED_LENGTHS } from '../../../test/support/content-lengths.ts';
import { IDENTITY } from '../src/outer.ts';
import { gateway } from '../src/app.ts';
import { inner, padded, seal } from './support/client.ts';
import { testGateway, opened, outerCode, RELAY_TOKEN, RESPONSE_LENGTH, row } from './support/gateway.ts';

const PATH = '/.well-known/ohttp-gateway';
const told = async (response: Response): Promise<string> => `${response.status} ${await outerCode(response)}`;

/** Identity fields, by the names of the providers and proxies that a relay may run at or behind. */
const IDENTITIES = [
  'forwarded forwarded-for x-forwarded x-forwarded-for x-original-forwarded-for x-real-ip client-ip',
  'x-client-ip true-client-ip x-cluster-client-ip cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4',
  'cf-ipcountry cf-ipcity cf-ipcontinent cf-iplatitude cf-iplongitude cf-region cf-region-code',
  'cf-postal-code cf-timezone cf-metro-code do-connecting-ip fastly-client-ip fly-client-ip',
  'x-appengine-user-ip x-azure-clientip x-azure-socketip x-vercel-forwarded-for',
  'x-nf-client-connection-ip x-envoy-external-address',
].flatMap((line) => line.split(' '));

describe('outside', () => {
  test('G15 other methods are refused with Allow', async () => {
    const { app } = await testGateway();
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await app.request(PATH, { method });
      expect(await told(response)).toBe('405 method-not-allowed');
      expect(response.headers.get('allow')).toBe('GET, POST');
    }
    const head = await app.request(PATH, { method: 'HEAD' });
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET, POST']);
    for (const path of ['/bundle', '/health']) {
      const response = await app.request(path, { method: 'POST' });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  test('the provider is in a field of the bundle, for relays, and in no other response', async () => {
    const { app } = await testGateway({ provider: 'cloudflare' });
    const providerIn = async (path: string) => (await app.request(path)).headers.get('sotto-provider');
    expect(await Promise.all(['/bundle', PATH, '/health'].map(providerIn))).toEqual([
      'cloudflare',
      null,
      null,
    ]);
    expect((await (await testGateway()).app.request('/bundle')).headers.get('sotto-provider')).toBeNull();
  });

  test('HEAD responds like GET, without the content', async () => {
    const { app } = await testGateway();
    for (const path of ['/health', '/bundle']) {
      const [get, head] = [await app.request(path), await app.request(path, { method: 'HEAD' })];
      expect([head.status, await head.text()]).toEqual([get.status, '']);
      expect([...head.headers]).toEqual([...get.headers]);
    }
  });

  test('G15 other media types are refused, also those that only contain ours', async () => {
    const h = await testGateway();
    const types = ['', 'text/plain', 'xmessage/ohttp-reqx', 'message/ohttp-req, x', 'message/ohttp-res'];
    for (const type of types) {
      expect(await told(await h.post(new Uint8Array(100), { 'content-type': type }))).toBe(
        '415 unsupported-media-type',
      );
    }
  });

  test('a body is limited by its declared length and by the bytes that arrive', async () => {
    const h = await testGateway();
    const most = h.deps.maxRequest(0).plain;
    expect(most).toBe(1024 + 2048); // the longest request of the table, and its envelope
    const post = (length: string, body: Uint8Array<ArrayBuffer>) =>
      h.post(body, { 'content-length': length });
    const small = new Uint8Array(10);
    for (const length of [`${most + 1}`, `0${most + 1}`, '9007199254740993']) {
      expect(await told(await post(length, small))).toBe('413 content-too-large');
    }
    const asText = MALFORMED_LENGTHS.filter((length) => /^[ -~]*$/.test(length)); // what Headers can hold
    for (const length of asText) expect(await told(await post(length, small))).toBe('400 bad-request');
    expect(await told(await h.post(new Uint8Array(most + 1)))).toBe('413 content-too-large');
  });

  test('G25 a hundred concurrent bodies of the largest size are accepted or refused, in bounded memory', async () => {
    const lengths = { name: 'large', requestLength: 1 << 20, responseLength: RESPONSE_LENGTH };
    const timer = { elapsedMs: () => 0, sleep: async () => {} }; // no upload is old enough to be ended for another one
    const h = await testGateway({ rows: [{ ...row('stickers', { type: 5 }, true), lengths }], timer });
    const body = new Uint8Array(h.deps.maxRequest(0).plain).fill(255);
    const gate = Promise.withResolvers<void>();
    /** Almost a whole body, and its end when all of them are in progress. */
    const slow = () =>
      new ReadableStream({
        async start(controller) {
          controller.enqueue(body.subarray(1));
          await gate.promise;
          controller.enqueue(body.subarray(0, 1));
          controller.close();
        },
      });
    const pending = Array.from({ length: 100 }, () => h.post(slow()));
    const first = await Promise.race(pending); // none can end well before the gate opens
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '5']);
    gate.resolve();
    const all = await Promise.all(pending);
    const codes = await Promise.all(all.map(told));
    expect(new Set(codes)).toEqual(new Set(['400 ohttp-key', '503 unavailable']));
    expect((await h.search()).inner.status).toBe(200);
  });

  test('G29 the keys are the same bytes for everyone, without anything that distinguishes two requests', async () => {
    const { app } = await testGateway();
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const response = await app.request(PATH, {
        headers: {
          'cf-connecting-ip': `192.0.2.${i % 256}`,
          'user-agent': `agent ${i}`,
          cookie: `id=${i}`,
          'if-none-match': `"${i}"`,
          accept: i % 2 === 0 ? 'application/ohttp-keys' : '*/*',
        },
      });
      const body = hex(sha256(new Uint8Array(await response.arrayBuffer())));
      seen.add(JSON.stringify([response.status, [...response.headers], body]));
    }
    expect(seen.size).toBe(1);
    const [one = ''] = seen;
    expect(one).toContain('application/ohttp-keys');
    expect(one).not.toMatch(/etag|vary|set-cookie|last-modified/i);
  });

  test('the bundle is the same bytes for everyone too', async () => {
    const { app } = await testGateway();
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const headers = { 'if-none-match': `"${i}"`, cookie: `id=${i}`, 'user-agent': `agent ${i}` };
      const response = await app.request('/bundle', { headers });
      const body = hex(sha256(new Uint8Array(await response.arrayBuffer())));
      seen.add(JSON.stringify([response.status, [...response.headers], body]));
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).toContain('application/sotto-bundle');
    expect([...seen][0]).not.toMatch(/etag|vary|set-cookie|last-modified/i);
  });

  test('G30 without the relay’s credential nothing is opened', async () => {
    const h = await testGateway();
    const { body } = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    const almost = `${RELAY_TOKEN.slice(0, -1)}x`;
    const wrong = ['', `Bearer ${almost}`, `Bearer ${RELAY_TOKEN}x`, `Basic ${RELAY_TOKEN}`, RELAY_TOKEN];
    for (const authorization of wrong) {
      const response = await h.post(body, { authorization });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await told(response)).toBe('401 unauthorized');
    }
    expect(h.issuer.calls).toHaveLength(0);
  });

  test('G31 any identity header is refused and counted, unless it is the configured egress', async () => {
    const h = await testGateway();
    const { body } = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    expect(IDENTITY.toSorted()).toEqual(IDENTITIES.toSorted());
    for (const name of IDENTITIES) {
      expect([name, await told(await h.post(body, { [name]: '198.51.100.7' }))]).toEqual([
        name,
        '400 bad-request',
      ]);
    }
    expect(h.calls).toHaveLength(0);

    const egress = { 'cf-connecting-ip': '2a06:98c0:3600::103' };
    const known = await testGateway({ egress });
    const sealed = await seal(await known.sealer(), padded(inner({ fields: await known.fields() })));
    expect(await told(await known.post(sealed.body, { 'cf-connecting-ip': '198.51.100.7' }))).toBe(
      '400 bad-request',
    );
    expect((await opened(sealed, await known.post(sealed.body, egress))).inner.status).toBe(200);
  });

  test('N14 any field that a relay does not have to send is refused', async () => {
    const h = await testGateway();
    const { body } = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    const names = [
      'cloudfront-viewer-address',
      'x-device-id',
      'cookie',
      'traceparent',
      'tracestate',
      'user-agent',
      'accept',
      'accept-language',
      'via',
      'x-request-id',
      'referer',
      'origin',
      'date',
      'x-real-ip2',
      'x-anything-else',
    ];
    for (const name of names) {
      expect([name, await told(await h.post(body, { [name]: 'x' }))]).toEqual([name, '400 bad-request']);
    }
    expect([h.calls.length, h.issuer.calls.length]).toEqual([0, 0]);
    const expected = {
      'cdn-loop': 'cloudflare',
      'cf-ray': 'x',
      'cf-worker': 'relay.example',
      'accept-encoding': 'gzip',
      incremental: '?1',
    };
    const sealed = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    expect((await opened(sealed, await h.post(sealed.body, expected))).inner.status).toBe(200);
  });

  test('N80 an unexpected field is counted by its name, and the metadata route shows it if it is on', async () => {
    const h = await testGateway({ metadata: true });
    const ask = async (authority: string, headers: Record<string, string>) => {
      const fields = authority === 'sotto-metadata' ? (await h.fields('open')).slice(-1) : await h.fields();
      const request =
        authority === 'sotto-metadata'
          ? inner({
              method: 'GET',
              path: '/headers',
              authority,
              fields: await h.fields('open'),
              content: new Uint8Array(0),
            })
          : inner({ fields });
      const sealed = await seal(await h.sealer(), padded(request));
      return { sealed, response: await h.post(sealed.body, headers) };
    };
    const forwarded = { 'x-forwarded-for': '198.51.100.7' };
    expect(await told((await ask('stickers', forwarded)).response)).toBe('400 bad-request');
    const { sealed, response } = await ask('sotto-metadata', forwarded);
    const shown = (await opened(sealed, response)).inner;
    expect(shown.status).toBe(200);
    expect(JSON.parse(Buffer.from(shown.content).toString())).toMatchObject({
      headers: expect.arrayContaining([expect.objectContaining({ name: 'x-forwarded-for' })]),
    });
    await h.deps.tally.flush(h.deps.counters);
    expect(await h.deps.counters.totals()).toMatchObject({ 'unexpected_fields x-forwarded-for': 2 });
    expect(await told(await h.post(new Uint8Array(9), { ...forwarded, authorization: 'Bearer wrong' }))).toBe(
      '401 unauthorized',
    );
    await h.deps.tally.flush(h.deps.counters);
    expect(await h.deps.counters.totals()).toMatchObject({ 'unexpected_fields x-forwarded-for': 2 });
    expect([h.calls.length, h.issuer.calls.length]).toEqual([0, 0]);
  });

  test('N52 during a change of its credential the relay may send either one', async () => {
    const h = await testGateway();
    const app = gateway({
      ...h.deps,
      config: { ...h.deps.config, relayTokens: ['the-next-credential', RELAY_TOKEN] },
    });
    for (const [token, status] of [
      [RELAY_TOKEN, 200],
      ['the-next-credential', 200],
      ['the-last-credential', 401],
    ] as const) {
      const { body } = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'message/ohttp-req' };
      expect((await app.request(PATH, { method: 'POST', headers, body })).status).toBe(status);
    }
  });

  test('an upload that stops is cancelled at the deadline, in either form', async () => {
    const h = await testGateway();
    const { body: whole } = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
    for (const type of ['message/ohttp-req', 'message/ohttp-chunked-req']) {
      let gone = false;
      const slow = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(whole.slice(0, 30)),
        cancel: () => void (gone = true),
      });
      h.deadlineMs = 50;
      const response = await h.post(slow, { 'content-type': type });
      expect([await told(response), gone]).toEqual(['408 request-timeout', true]);
    }
  });

  test('other paths get 404 for every method', async () => {
    const { app } = await testGateway();
    for (const path of ['/', '/metrics', '/operator/keys', '/operator/bundles', '/debug', '/.well-known/x']) {
      expect(await told(await app.request(path))).toBe('404 not-found');
    }
    const rotate = await app.request('/operator/keys/rotate', { method: 'POST' });
    expect(await told(rotate)).toBe('404 not-found');
  });

  test('health is 200 without details', async () => {
    const { app } = await testGateway();
    const response = await app.request('/health');
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});
