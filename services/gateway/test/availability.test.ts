import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { utf8, type Bytes } from '@sotto/wire';
import { Bulkhead } from '../src/bulkhead.ts';
import { permitAddresses } from '../src/node/addresses.ts';
import { guardedFetch } from '../src/node/connect.ts';
import { fetchService } from '../src/service/fetch-service.ts';
import type { Service } from '../src/service/service.ts';
import { Uploads } from '../src/uploads.ts';
import { inner, padded, seal } from './support/client.ts';
import { rawServer } from './support/raw-server.ts';
import {
  testGateway,
  LARGE_ROWS,
  opened,
  outerCode,
  RESPONSE_LENGTH,
  row,
  type TestGateway,
  type Sent,
} from './support/gateway.ts';

const CHUNKED = { 'content-type': 'message/ohttp-chunked-req' };
const ok: Service['call'] = async () => ({ status: 200, fields: [], content: utf8('{}') });
const told = ({ inner: { status }, code }: Sent): string => `${status} ${code ?? ''}`.trim();

/** The beginning of an envelope. */
async function stalled(h: TestGateway): Promise<ReadableStream<Uint8Array>> {
  const { body } = await seal(await h.sealer(), padded(inner({ fields: [] })));
  return new ReadableStream({ start: (controller) => controller.enqueue(body.slice(0, -1)) });
}

describe('N01 the client gets an encapsulated response in time, whatever the service does', () => {
  const services: Record<string, Service['call']> = {
    'never settles': () => new Promise(() => {}),
    'ignores the signal and answers later': () =>
      new Promise((resolve) =>
        setTimeout(() => resolve({ status: 200, fields: [], content: utf8('{}') }), 5000).unref(),
      ),
    'begins a body that never goes on': async () => ({
      status: 200,
      fields: [],
      content: new ReadableStream(),
    }),
    'throws something that is no error': () => Promise.reject(null),
  };
  test.each(Object.entries(services))('a service that %s', async (_what, call) => {
    const rows = [{ ...row('stickers', { type: 5 }, true), maxInFlight: 1 }, row('open', null, true)];
    const h = await testGateway({ rows, services: { stickers: { call } } });
    for (let i = 0; i < 3; i++) {
      const sealed = await seal(await h.sealer(), padded(inner({ fields: await h.fields() })));
      h.deadlineMs = 500; // of the request only; preparations of the client may take longer
      const sent = await opened(sealed, await h.post(sealed.body));
      h.deadlineMs = 10_000;
      expect([502, 504]).toContain(sent.inner.status); // 503 if its place was not free
      expect(sent.encapsulated.length - RESPONSE_LENGTH).toBe(32);
    }
    expect(told(await h.search({ authority: 'open' }))).toBe('200');
  });

  test.each<[string, (socket: Socket) => void]>([
    [
      'switches protocols',
      (socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    ],
    ['closes without a response', (socket) => socket.end()],
    ['sends interim responses and closes', (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('on Node, a service that %s is 502 at once, also thirty times', async (_what, behave) => {
    const server = await rawServer(behave);
    const permits = permitAddresses({ own: ['127.0.0.1'], internet: false, nat64: null });
    const send = guardedFetch(() => Promise.reject(new Error('no names here')), permits);
    const h = await testGateway({ services: { stickers: fetchService(server.url, send) } });
    for (let i = 0; i < 30; i++) {
      const sent = await h.search();
      expect([told(sent), sent.encapsulated.length - RESPONSE_LENGTH]).toEqual(['502 bad-gateway', 32]);
    }
    expect(told(await h.search({ authority: 'open' }))).toBe('200');
    await server.close();
  });

  test('after two hundred requests to a service that never responds every place is free', async () => {
    const h = await testGateway({ services: { stickers: { call: () => new Promise(() => {}) } } });
    const sealer = await h.sealer();
    const bodies: Bytes[] = [];
    for (let i = 0; i < 200; i++) {
      bodies.push((await seal(sealer, padded(inner({ fields: await h.fields() })))).body);
    }
    h.deadlineMs = 50;
    for (let i = 0; i < 4; i++) {
      const some = await Promise.all(bodies.slice(50 * i, 50 * i + 50).map((body) => h.post(body)));
      for (const { status } of some) expect([200, 503]).toContain(status); // encapsulated, or 503 if the keys were late under load
    }
    h.deadlineMs = 10_000;
    expect(told(await h.search({ authority: 'open' }))).toBe('200');
  });

  test('a store of keys that never responds is 503', async () => {
    const h = await testGateway();
    const hanging = await testGateway({ store: { ...h.deps.authority.store } });
    hanging.deps.authority.store.epochs = () => new Promise(() => {});
    const { gateway } = await import('../src/app.ts');
    const app = gateway({ ...hanging.deps, deadline: () => AbortSignal.timeout(50) });
    expect((await app.request('/.well-known/ohttp-gateway')).status).toBe(503);
  });
});

describe('N03 stopped uploads do not block other requests', () => {
  test.each([24, 255])('with %i of them an honest search succeeds', async (count) => {
    const h = await testGateway();
    const pending = [];
    for (let i = 0; i < count; i++) pending.push(h.post(await stalled(h), i % 2 === 0 ? CHUNKED : {}));
    expect(told(await h.search())).toBe('200');
    h.deadlineMs = 1;
    await Promise.race(pending); // they end at their own deadlines
  });

  test('an upload that stops ends after the inactivity limit, and releases its memory', async () => {
    const h = await testGateway({ rows: LARGE_ROWS });
    await h.search(); // loads the keys, which may take longer than the deadlines set next
    h.deadlineMs = 50;
    for (let round = 0; round < 40; round++) {
      const large = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
      });
      const response = await h.post(large);
      expect(`${response.status} ${await outerCode(response)}`).toBe('408 request-timeout');
    }
    h.deadlineMs = 10_000;
    expect(told(await h.search())).toBe('200');
  });

  test('complete bodies release their memory, whether they open or not', async () => {
    const h = await testGateway({ rows: LARGE_ROWS });
    const garbage = new Uint8Array(1 << 20).fill(255);
    for (let i = 0; i < 30; i++) expect((await h.post(garbage)).status).toBe(400);
    expect(told(await h.search())).toBe('200');
  });

  test('chunks are refused if no row takes them, and inside if the requested row does not', async () => {
    const none = await testGateway({ rows: [{ ...row('stickers', { type: 5 }, true), chunked: false }] });
    expect((await none.post(new Uint8Array(100), CHUNKED)).status).toBe(415);
    const rows = [{ ...row('stickers', { type: 5 }, true), chunked: false }, row('open', null, true)];
    const some = await testGateway({ rows });
    expect(some.deps.maxRequest(0)).toEqual({ plain: 1024 + 2048, chunked: 2 * 1024 + 2048 });
  });

  test('N21 an envelope in chunks of one byte ends at the limit of its length', async () => {
    const h = await testGateway();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Uint8Array.of(0, 0x20, 0, 1)),
    });
    const { body } = await seal(await h.sealer(), padded(inner({ fields: [] })));
    const response = await h.post(endless, CHUNKED);
    expect([400, 413, 422]).toContain(response.status);
    const trickle = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(body.slice(0, 40)),
      pull: (controller) => controller.enqueue(Uint8Array.of(0)),
    });
    expect((await h.post(trickle)).status).toBe(413);
  });
});

describe('N03 Uploads', () => {
  const limits = { maxBytes: 100, maxUploads: 3 };

  /** Uploads with a timer of the test, and a record of those that were ended. */
  function uploads() {
    const timer = { now: 0 };
    const ended: string[] = [];
    const all = new Uploads(limits, () => timer.now);
    return { timer, ended, begin: (name: string) => all.begin(() => ended.push(name)) };
  }

  test('the oldest upload in progress is ended for a new one', () => {
    const { timer, ended, begin } = uploads();
    begin('a');
    begin('b').complete();
    begin('c');
    begin('d');
    timer.now = 999;
    expect(() => begin('e')).toThrow(expect.objectContaining({ code: 'unavailable' })); // all are young
    timer.now = 1000;
    begin('f');
    begin('g');
    expect(ended).toEqual(['a', 'c']);
  });

  test('memory is taken from the oldest upload in progress, never from a complete one', () => {
    const { timer, ended, begin } = uploads();
    const [a, b] = [begin('a'), begin('b')];
    a.take(60);
    b.take(40);
    a.complete();
    timer.now = 5000;
    const c = begin('c');
    c.take(30);
    expect(ended).toEqual(['b']);
    expect(() => c.take(11)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    a.release();
    a.release();
    c.take(70);
    expect(() => c.take(1)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

describe('N22 a slow service only uses up its own places', () => {
  test('further requests to it are refused before their token is spent, and other services are not affected', async () => {
    const gate = Promise.withResolvers<void>();
    const slow: Service['call'] = async (request, deadline) => {
      await gate.promise;
      return ok(request, deadline);
    };
    const rows = [{ ...row('stickers', { type: 5 }, true), maxInFlight: 3 }, row('open', null, true)];
    const h = await testGateway({ rows, services: { stickers: { call: slow } } });
    const held = Array.from({ length: 3 }, () => h.search());
    while (h.issuer.calls.length < 3) await new Promise((next) => setImmediate(next));
    const fields = await h.fields();
    const refused = await h.search({ fields });
    expect([told(refused), refused.encapsulated.length - RESPONSE_LENGTH]).toEqual(['503 unavailable', 32]);
    expect(refused.inner.fields).toContainEqual(['retry-after', '5']);
    expect(h.issuer.calls).toHaveLength(3);
    expect(told(await h.search({ authority: 'open' }))).toBe('200');
    gate.resolve();
    expect((await Promise.all(held)).map(told)).toEqual(['200', '200', '200']);
    expect(told(await h.search({ fields }))).toBe('200'); // the same token
  });

  test('a place is released after a failure, a refusal, and a streamed response that is not read', async () => {
    const rows = [{ ...row('stickers', { type: 5 }, true), maxInFlight: 1 }];
    const failing = await testGateway({
      rows,
      services: { stickers: { call: () => Promise.reject(new Error('down')) } },
    });
    for (let i = 0; i < 3; i++) expect(told(await failing.search())).toBe('502 bad-gateway');
    failing.issuer.fail = 'spent';
    expect(told(await failing.search())).toBe('409 spent');
    expect(told(await failing.search())).toBe('502 bad-gateway');
  });

  test('Bulkhead: a place is released once', () => {
    const bulkhead = new Bulkhead(2);
    const [a, b] = [bulkhead.enter(), bulkhead.enter()];
    expect(bulkhead.enter()).toBeNull();
    a?.();
    a?.();
    expect(bulkhead.enter()).not.toBeNull();
    expect(bulkhead.enter()).toBeNull();
    b?.();
    expect(bulkhead.enter()).not.toBeNull();
  });
});
