import { describe, expect, test, vi } from 'vitest';
import type { Pull } from '@sotto/ohttp';
import { concat, EMPTY, fromUtf8, utf8, varint, type Bytes } from '@sotto/wire';
import type { ClientError, FetchInit } from '../src/index.ts';
import { inner, OHTTP_KEY } from './support/gateway.ts';
import { streaming } from './support/streaming.ts';
import { bytesOf } from './support/world.ts';

const readerOf = (response: Response): ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> =>
  (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();

async function textOf(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>): Promise<string> {
  return fromUtf8((await reader.read()).value ?? EMPTY);
}

/** React Native's Response, which does not accept a stream. */
class WholeResponse {
  readonly #content: Bytes;

  constructor(content: Bytes) {
    this.#content = content;
  }

  async text(): Promise<string> {
    return fromUtf8(this.#content);
  }
}

describe('a service that streams', () => {
  test('gets a request in chunks of its one length, and its response arrives piece by piece', async () => {
    const { world, open, inits, left } = await streaming();
    const lengths = new Set<number>();
    for (const body of ['a', 'a longer one']) {
      const { sender, fetching } = await open({ body });
      sender.head([['content-type', 'text/plain']]);
      const response = await fetching;
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain']);
      const reader = readerOf(response);
      for (const text of ['one', 'two', 'three']) {
        sender.content(text);
        expect(await textOf(reader)).toBe(text);
      }
      sender.end();
      expect(await reader.read()).toEqual({ done: true, value: undefined });
      lengths.add(bytesOf(inits.at(-1) as FetchInit).length);
    }
    expect(lengths.size).toBe(1);
    expect(inits[0]?.headers).toEqual({
      'accept-language': '*',
      'content-type': 'message/ohttp-chunked-req',
      incremental: '?1',
    });
    expect(world.gateway.seen.map(({ content }) => fromUtf8(content))).toEqual(['a', 'a longer one']);
    expect(await left()).toEqual([28, 0]);
  });

  test('its response is buffered where the platform has no streams, and by client.request', async () => {
    for (const hasStreams of [false, true]) {
      const { client, world, refused } = await streaming({ hasStreams });
      refused.push({ status: 200, type: 'text/plain', content: utf8('all of it') });
      const { status, content } = await client.request('stickers', { path: '/x' });
      expect([status, fromUtf8(content)]).toEqual([200, 'all of it']);
      expect(world.gateway.seen).toHaveLength(1);
    }
  });

  test('its response is buffered by client.fetch where there is no ReadableStream', async () => {
    const { client, refused } = await streaming();
    refused.push({ status: 200, type: 'text/plain', content: utf8('all of it') });
    vi.stubGlobal('ReadableStream', undefined);
    vi.stubGlobal('Response', WholeResponse);
    try {
      expect(await (await client.fetch('https://stickers/x')).text()).toBe('all of it');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test.each<[string, number, string, string, string]>([
    ['an unknown key', 400, 'application/problem+json', `{"type":"${OHTTP_KEY}"}`, 'keys-changed'],
    ['the relay’s limit', 429, 'application/problem+json', '{}', 'too-many-requests'],
    ['a relay that fails', 502, 'text/html', 'x'.repeat(100_000), 'relay-failed'],
    ['another media type', 200, 'message/ohttp-res', 'x', 'relay-failed'],
  ])('outside of the envelope: %s', async (_name, status, type, body, code) => {
    const { client, world, left } = await streaming({
      outside: () => new Response(body, { status, headers: { 'content-type': type } }),
    });
    await expect(client.fetch('https://stickers/x')).rejects.toMatchObject({ code, attempt: {} });
    expect(world.gateway.seen).toEqual([]);
    expect(await left()).toEqual([29, 1]);
  });

  test('a refusal of the gateway is a coded error as without streams', async () => {
    const { open, refused, left } = await streaming();
    refused.push(inner(409, 'spent'));
    await expect((await open()).fetching).rejects.toMatchObject({ code: 'spent', cause: { code: 'spent' } });
    expect(await left()).toEqual([29, 0]);
  });

  test('the service’s own error is its response', async () => {
    const { open, refused } = await streaming();
    refused.push({ status: 404, type: 'text/plain', content: utf8('none') });
    const response = await (await open()).fetching;
    expect([response.status, await response.text()]).toEqual([404, 'none']);
  });
});

/** The network ends the response after this many pieces: cleanly, or with an error of the platform. */
const cut =
  (after: number, error: Error | null) =>
  (sealed: Pull): Pull => {
    let left = after;
    return async () => {
      if (left-- > 0) return sealed();
      if (error !== null) throw error;
      return null;
    };
  };

describe('a stream that breaks off', () => {
  const reset = new TypeError('terminated', {
    cause: Object.assign(new Error('other side'), { code: 'UND_ERR_SOCKET' }),
  });

  test.each<[string, Error | null, string]>([
    ['ends without a final chunk', null, 'truncated'],
    ['is reset', reset, 'UND_ERR_SOCKET'],
  ])(
    '%s: response-broken with this cause, and the same request may be retried',
    async (_name, error, code) => {
      const { client, open, through, left, refused } = await streaming();
      through(cut(3, error)); // nonce, head, a piece
      const { sender, fetching } = await open();
      sender.head();
      sender.content('one');
      const reader = readerOf(await fetching);
      expect(await textOf(reader)).toBe('one');
      const failed = (await reader.read().catch((caught: unknown) => caught)) as ClientError;
      expect(failed).toMatchObject({ code: 'response-broken', cause: { code } });
      expect(await left()).toEqual([29, 1]);
      through((sealed) => sealed);
      refused.push({ status: 200, type: 'text/plain', content: utf8('whole') });
      const { content } = await client.retry(failed.attempt ?? { id: '' });
      expect(fromUtf8(content)).toBe('whole');
      expect(await left()).toEqual([29, 0]);
    },
  );

  test('a changed chunk: no byte of it arrives', async () => {
    const { open, through } = await streaming();
    let count = 0;
    through((sealed) => async () => {
      const piece = await sealed();
      if (piece !== null && ++count === 4) piece[piece.length - 1] = (piece.at(-1) ?? 0) ^ 1;
      return piece;
    });
    const { sender, fetching } = await open();
    sender.head();
    sender.content('one');
    sender.content('two');
    const reader = readerOf(await fetching);
    expect(await textOf(reader)).toBe('one');
    await expect(reader.read()).rejects.toMatchObject({
      code: 'response-broken',
      cause: { code: 'open-failed' },
    });
  });

  test('the gateway’s mark of a service that failed', async () => {
    const { open } = await streaming();
    const { sender, fetching } = await open();
    sender.head();
    sender.content('one');
    const reader = readerOf(await fetching);
    expect(await textOf(reader)).toBe('one');
    sender.send(concat(varint(Number.MAX_SAFE_INTEGER), new Uint8Array(100)));
    await expect(reader.read()).rejects.toMatchObject({ code: 'response-broken' });
  });

  test.each([-1, 1])('%i byte of padding too much: response-broken at its end', async (padding) => {
    const { open } = await streaming();
    const { sender, fetching } = await open();
    sender.head();
    sender.end({ padding });
    const reading = fetching.then((response) => response.text());
    await expect(reading).rejects.toMatchObject({ code: 'response-broken' });
  });

  test('before its head: answer-unreadable if it ends, relay-unreachable if it is reset', async () => {
    for (const [error, code] of [
      [null, 'answer-unreadable'],
      [reset, 'relay-unreachable'],
    ] as const) {
      const { open, through } = await streaming();
      through(cut(1, error));
      await expect((await open()).fetching).rejects.toMatchObject({ code });
    }
  });
});

describe('a stream that is cancelled', () => {
  test('by a signal: the pending read rejects with its reason, the platform’s request ends, the token is used up', async () => {
    const { open, inits, left } = await streaming();
    const controller = new AbortController();
    const { sender, fetching } = await open({ signal: controller.signal });
    sender.head();
    const reading = readerOf(await fetching).read();
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(inits[0]?.signal?.aborted).toBe(true);
    expect(await left()).toEqual([29, 0]);
  });

  test('by a signal while nothing is read: the platform’s request ends at once', async () => {
    const { open, inits } = await streaming();
    const controller = new AbortController();
    const { sender, fetching } = await open({ signal: controller.signal });
    sender.head();
    const response = await fetching;
    controller.abort();
    expect(inits[0]?.signal?.aborted).toBe(true);
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('by its reader: the platform’s request ends, and the token is used up', async () => {
    const { open, inits, left } = await streaming();
    const { sender, fetching } = await open();
    sender.head();
    await (await fetching).body?.cancel();
    expect(inits[0]?.signal?.aborted).toBe(true);
    await expect.poll(left).toEqual([29, 0]);
  });

  test('with a status that has no body: the platform’s request ends', async () => {
    const { open, inits } = await streaming();
    const { sender, fetching } = await open();
    sender.status = 204;
    sender.head();
    expect((await fetching).body).toBeNull();
    expect(inits[0]?.signal?.aborted).toBe(true);
  });
});
