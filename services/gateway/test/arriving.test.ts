import { describe, expect, test } from 'vitest';
import { decodeResponse, type BhttpRequest, type Field } from '@sotto/bhttp';
import { concat, fromUtf8, utf8 } from '@sotto/wire';
import {
  asking,
  CHUNKED,
  driven,
  END,
  headOf,
  arrivingGateway,
  pieceOf,
  readerOf,
  settle,
  textOf,
  type Outcome,
} from './support/arriving.ts';
import { inner, joined, sealChunked } from './support/client.ts';

describe('a row that takes streamed requests', () => {
  test('passes pieces on as they arrive, after one token was spent, and responds when all have arrived', async () => {
    const { called, service } = driven();
    const of = await arrivingGateway({ speech: service });
    const { send, end, outcome, isDone } = await asking(of);
    const call = await called;
    expect(of.issuer.rows.size).toBe(1);
    const reader = readerOf(call.request);
    for (const text of ['one', 'two', 'three']) {
      send(text);
      expect(await textOf(reader)).toBe(text);
    }
    let response!: ReadableStreamDefaultController<Uint8Array>;
    call.respond(new ReadableStream({ start: (controller) => void (response = controller) }));
    response.enqueue(utf8('thanks')); // before the request has ended
    await settle();
    expect(isDone()).toBe(false);
    end();
    expect((await reader.read()).done).toBe(true);
    response.close();
    expect(await outcome).toMatchObject({ status: 200, text: 'thanks' });
    expect(of.issuer.rows.size).toBe(1);
  });

  test('ends the content only after the final chunk and valid padding', async () => {
    const { called, service } = driven();
    const of = await arrivingGateway({ speech: service });
    const { send, put, outcome } = await asking(of);
    const call = await called;
    const reader = readerOf(call.request);
    send('one');
    expect(await textOf(reader)).toBe('one');
    let isDone = false;
    const reading = reader.read().then(() => (isDone = true));
    put(new Uint8Array(50)); // the end of the content, and padding
    await settle();
    expect(isDone).toBe(false);
    put(null);
    await reading;
    call.respond('thanks');
    expect(await outcome).toMatchObject({ status: 200 });
  });

  test.each<[string, (asked: Awaited<ReturnType<typeof asking>>) => void, Partial<Outcome>]>([
    ['a connection that breaks', ({ cut }) => cut(), { outer: 400 }],
    ['an end without a final chunk', ({ truncate }) => truncate(), { outer: 422 }],
    [
      'padding that is not zeros',
      ({ end }) => end(Uint8Array.of(0, 0, 1)),
      { outer: 200, code: 'bad-request' },
    ],
    [
      'trailers',
      ({ end }) => end(concat(Uint8Array.of(0, 1), utf8('a'), Uint8Array.of(1), utf8('b'), END)),
      { outer: 200, code: 'bad-request' },
    ],
    [
      'content that ends within a piece',
      ({ end }) => end(Uint8Array.of(40, 1)),
      { outer: 200, code: 'bad-request' },
    ],
  ])(
    'after %s the call is aborted, then the content fails, and its token stays spent',
    async (_name, fault, expected) => {
      const { called, service } = driven();
      const of = await arrivingGateway({ speech: service });
      const asked = await asking(of);
      const call = await called;
      const { request, deadline, respond } = call;
      const reader = readerOf(request);
      asked.send('one');
      expect(await textOf(reader)).toBe('one');
      respond('half a response');
      let wasAborted: boolean | null = null;
      const readOn = async (): Promise<void> => {
        while (!(await reader.read()).done);
      };
      const reading = readOn().catch(() => (wasAborted = deadline.aborted));
      fault(asked);
      await reading;
      expect(wasAborted).toBe(true);
      expect(await asked.outcome).toMatchObject(expected);
      expect(of.issuer.rows.size).toBe(1);
    },
  );

  test('spends a token once: in another envelope it is spent, although the row is idempotent', async () => {
    const of = await arrivingGateway();
    const fields = await of.fields('speech');
    const first = await asking(of, { fields });
    first.send('one');
    first.end();
    expect(await first.outcome).toMatchObject({ status: 200, text: 'one' });
    for (const text of ['one', 'two']) {
      const again = await asking(of, { fields });
      again.send(text);
      again.end();
      expect(await again.outcome).toMatchObject({ status: 409, code: 'spent' });
    }
    expect(of.calls).toHaveLength(1);
  });

  test('the same envelope again is a replay', async () => {
    const of = await arrivingGateway();
    const head = await headOf(inner({ authority: 'speech', fields: await of.fields('speech') }));
    const { chunks, open } = await sealChunked(await of.sealer(), [head, pieceOf('one'), END]);
    const codes = [];
    for (let i = 0; i < 2; i++) {
      const response = await of.post(joined(chunks), CHUNKED);
      const { status, content } = decodeResponse(
        joined(await open(new Uint8Array(await response.arrayBuffer()))),
      );
      codes.push(status === 200 ? 'ok' : (JSON.parse(fromUtf8(content)) as { code: string }).code);
    }
    expect(codes).toEqual(['ok', 'replayed']);
  });

  test.each<[string, Partial<BhttpRequest>, string]>([
    ['no token', { fields: [] }, 'date'],
    ['a path outside', { path: '//' }, 'forbidden'],
    ['an unknown field', { fields: [['x-more', '1'] as Field] }, 'bad-request'],
  ])(
    'refuses %s when the whole request has arrived, with the length of every response',
    async (_name, changes, code) => {
      const of = await arrivingGateway();
      const { send, end, outcome, isDone } = await asking(of, changes);
      send('one');
      await settle();
      expect(isDone()).toBe(false); // the time of a refusal reveals nothing
      end();
      const refused = await outcome;
      expect(refused.code).toBe(code);
      expect([of.calls.length, of.issuer.rows.size]).toEqual([0, 0]);
      const good = await asking(of);
      good.end();
      expect((await good.outcome).length).toBe(refused.length);
    },
  );
});
