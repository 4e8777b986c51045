import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8, type Bytes } from '@sotto/wire';
import { NotSentError, type ClientError, type ClientOptions } from '../src/index.ts';
import { streamedUpload } from '../src/upload.ts';
import { inner } from './support/gateway.ts';
import { streaming } from './support/streaming.ts';

/** Waits that a test ends all at once, like a tick of the grid. */
class Ticks {
  #waiting: (() => void)[] = [];
  readonly sleep = (): Promise<void> => new Promise((resolve) => this.#waiting.push(resolve));

  async next(): Promise<void> {
    for (const wake of this.#waiting.splice(0)) wake();
    await settle();
  }
}

/** Runs everything that waits for no tick. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A body that a test writes. */
function driven() {
  let controller!: ReadableStreamDefaultController<unknown>;
  let cancelled: unknown = null;
  const body = new ReadableStream<unknown>({
    start: (it) => void (controller = it),
    cancel: (reason) => void (cancelled = reason),
  }) as ReadableStream<Uint8Array>;
  return {
    body,
    send: (text: string) => controller.enqueue(utf8(text)),
    sendOther: (value: unknown) => controller.enqueue(value),
    end: () => controller.close(),
    fail: (error: Error) => controller.error(error),
    get cancelled() {
      return cancelled;
    },
  };
}

/** A client whose platform and service accept streams, with a grid that the test advances. */
async function uploading(more: Parameters<typeof streaming>[0] = {}) {
  const ticks = new Ticks();
  const { platform, ...rest } = more;
  const world = await streaming({
    streamsRequests: true,
    platform: { upload: streamedUpload, sleep: ticks.sleep, ...platform },
    ...rest,
  });
  const source = driven();
  const fetching = (init: object = {}): Promise<Response> => {
    const sent = world.client.fetch('https://stickers/x', { body: source.body, duplex: 'half', ...init });
    sent.catch(() => {});
    return sent;
  };
  return { ...world, ticks, source, fetching };
}

const NO_UPLOAD = { upload: undefined } as unknown as Partial<ClientOptions>;
const whole = { status: 200, type: 'text/plain', content: utf8('done') };
const textOf = (chunks: readonly Bytes[]): string =>
  chunks.map((chunk) => Buffer.from(chunk).toString('latin1')).join('');

describe('a body that is a stream', () => {
  test('is sent as it is read, at ticks of the grid; nothing is sent at a tick when nothing has arrived', async () => {
    const { fetching, ticks, source, arrived, refused, world, inits, left } = await uploading();
    refused.push(whole);
    const sent = fetching({ headers: { 'content-type': 'text/plain' } });
    source.send('one ');
    await settle();
    expect(arrived).toEqual([]); // not even the head before the first tick
    await ticks.next();
    expect(arrived).toHaveLength(1);
    expect(textOf(arrived)).toMatch(/one $/);
    await ticks.next();
    expect(arrived).toHaveLength(1);
    source.send('two ');
    source.send('three ');
    await settle();
    expect(arrived).toHaveLength(1);
    await ticks.next();
    expect(arrived).toHaveLength(2);
    source.end();
    await settle();
    await ticks.next();
    expect(await (await sent).text()).toBe('done');
    expect(world.gateway.seen.map(({ method, content }) => [method, fromUtf8(content)])).toEqual([
      ['POST', 'one two three '],
    ]);
    expect(inits[0]).toMatchObject({ method: 'POST', duplex: 'half', headers: { incremental: '?1' } });
    expect(await left()).toEqual([29, 0]);
  });

  test('has the length of every other request on the wire, in one piece or in many, or sent whole', async () => {
    const lengths = new Set<number>();
    for (const pieces of [[], ['a'], ['a', 'b', 'c', 'd'], ['x'.repeat(300), 'y'.repeat(50)]]) {
      const { fetching, ticks, source, refused, wires } = await uploading();
      refused.push(whole, whole);
      const sent = fetching();
      for (const piece of pieces) {
        source.send(piece);
        await settle();
        await ticks.next();
      }
      source.end();
      await settle();
      await ticks.next();
      await (await sent).text();
      for (const length of wires) lengths.add(length);
    }
    const { client, refused, wires } = await streaming({ streamsRequests: true });
    refused.push(whole);
    await (await client.fetch('https://stickers/x', { body: 'whole' })).text();
    for (const length of wires) lengths.add(length);
    expect(lengths.size).toBe(1);
  });

  test.each<[string, boolean, Partial<ClientOptions>]>([
    ['the service takes no stream', false, {}],
    ['the platform sends no stream', true, NO_UPLOAD],
  ])('is read to its end first if %s, and may be retried', async (_name, service, platform) => {
    const { fetching, source, refused, inits, client, world } = await uploading({
      streamsRequests: service,
      platform,
    });
    refused.push(inner(503, 'unavailable'), whole);
    const sent = fetching();
    source.send('one ');
    await settle();
    expect(inits).toEqual([]);
    source.send('two');
    source.end();
    const error = (await sent.catch((caught: unknown) => caught)) as ClientError;
    expect(error).toMatchObject({ code: 'service-unavailable', attempt: {} });
    await client.retry(error.attempt ?? { id: '' });
    expect(world.gateway.seen.map(({ content }) => fromUtf8(content))).toEqual(['one two', 'one two']);
    expect(inits.every(({ body }) => body instanceof Uint8Array)).toBe(true);
  });

  test('that is read first is not read beyond what fits, and no token is taken', async () => {
    const { fetching, source, left } = await uploading({ platform: NO_UPLOAD });
    const sent = fetching();
    source.send('x'.repeat(600));
    source.send('x'.repeat(600));
    await expect(sent).rejects.toMatchObject({ code: 'query-too-long', attempt: null });
    expect(source.cancelled).toMatchObject({ code: 'query-too-long' });
    expect(await left()).toEqual([30, 0]);
  });

  test('keeps its source waiting when the grid is slow: four chunks are held', async () => {
    let read = 0;
    const { client } = await uploading();
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          read++;
          controller.enqueue(utf8('x'));
        },
      },
      { highWaterMark: 0 },
    );
    client.fetch('https://stickers/x', { body, duplex: 'half' }).catch(() => {});
    await settle();
    const before = read;
    await settle();
    expect(before).toBeGreaterThan(0);
    expect(read).toBeLessThan(4 * 16_384);
    await body.cancel().catch(() => {});
  });
});

describe('a body that is a stream ends the request, which cannot be retried,', () => {
  test.each<[string, (source: ReturnType<typeof driven>) => void, object]>([
    [
      'when its source fails',
      (source) => source.fail(Object.assign(new Error('secret words'), { code: 'ECONNRESET' })),
      { code: 'request-broken', cause: { code: 'ECONNRESET' } },
    ],
    ['when it does not fit', (source) => source.send('x'.repeat(2000)), { code: 'query-too-long' }],
    ['when it yields text', (source) => source.sendOther('text'), { code: 'config' }],
  ])('%s: the token is used up, and no final chunk was sent', async (_name, fault, expected) => {
    const { fetching, source, ticks, world, arrived, left, inits } = await uploading();
    const sent = fetching();
    source.send('one');
    await settle();
    await ticks.next();
    expect(arrived).toHaveLength(1);
    fault(source);
    await settle();
    await ticks.next();
    const error = (await sent.catch((caught: unknown) => caught)) as ClientError;
    expect(error).toMatchObject({ ...expected, attempt: null });
    expect(JSON.stringify([error.message, error.advice])).not.toContain('secret');
    expect(world.gateway.seen).toEqual([]);
    expect(inits[0]?.signal?.aborted).toBe(true);
    expect(await left()).toEqual([29, 0]);
  });

  test('by a signal: its reason is the error, and the source is cancelled', async () => {
    const { fetching, source, ticks, left } = await uploading();
    const controller = new AbortController();
    const sent = fetching({ signal: controller.signal });
    source.send('one');
    await settle();
    await ticks.next();
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(sent).rejects.toBe(reason);
    await settle();
    expect(source.cancelled).not.toBeNull();
    expect(await left()).toEqual([29, 0]);
  });

  test('when the network fails: relay-unreachable, and the source is cancelled', async () => {
    const { fetching, source, ticks, left, uploadThrough } = await uploading();
    let count = 0;
    uploadThrough(async (pieces) => {
      const piece = await pieces();
      if (++count > 1) throw new TypeError('terminated');
      return piece;
    });
    const sent = fetching();
    source.send('one');
    await settle();
    await ticks.next();
    await expect(sent).rejects.toMatchObject({ code: 'relay-unreachable', attempt: null });
    await settle();
    expect(source.cancelled).not.toBeNull();
    expect(await left()).toEqual([29, 0]);
  });

  test('when the relay refuses it: the source is cancelled', async () => {
    const { fetching, source, left } = await uploading({ outside: () => new Response('', { status: 429 }) });
    const sent = fetching();
    await expect(sent).rejects.toMatchObject({ code: 'too-many-requests', attempt: null });
    await settle();
    expect(source.cancelled).not.toBeNull();
    expect(await left()).toEqual([29, 0]);
  });

  test('when the gateway refuses it inside', async () => {
    const { fetching, source, ticks, refused } = await uploading();
    refused.push(inner(503, 'unavailable'));
    const sent = fetching();
    source.end();
    await settle();
    await ticks.next();
    await expect(sent).rejects.toMatchObject({ code: 'service-unavailable', attempt: null });
  });

  test('when nothing was sent: the token is put back', async () => {
    const { fetching, source, left } = await uploading({
      outside: () => {
        throw new NotSentError('no connection');
      },
    });
    await expect(fetching()).rejects.toMatchObject({ code: 'relay-unreachable', attempt: null });
    await settle();
    expect(source.cancelled).not.toBeNull();
    expect(await left()).toEqual([30, 0]);
  });

  test('when no token was taken: the source is cancelled', async () => {
    const { client, source, left } = await uploading();
    const sent = client.fetch('https://nobody/x', { body: source.body, duplex: 'half' });
    await expect(sent).rejects.toMatchObject({ code: 'unknown-service' });
    expect(source.cancelled).toMatchObject({ code: 'unknown-service' });
    expect(await left()).toEqual([30, 0]);
  });

  test('when it is given as a retry: attempt-over, before a token is taken', async () => {
    const { fetching, source, left } = await uploading();
    await expect(fetching({ attempt: 'some' })).rejects.toMatchObject({ code: 'attempt-over' });
    expect(source.cancelled).toMatchObject({ code: 'attempt-over' });
    expect(await left()).toEqual([30, 0]);
  });
});
