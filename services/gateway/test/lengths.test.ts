import { describe, expect, test } from 'vitest';
import { utf8, type Bytes } from '@sotto/wire';
import type { Service } from '../src/service/service.ts';
import { inner, joined, padded, sealChunked, streamOf } from './support/client.ts';
import { testGateway, opened, RESPONSE_LENGTH, type TestGateway } from './support/gateway.ts';

/** The service's next behaviour; each test of an outcome sets it. */
type Behaviour = Service['call'];

const answering =
  (status: number, size: number): Behaviour =>
  async () => ({
    status,
    fields: [['content-type', 'application/json']],
    content: utf8('x'.repeat(size)),
  });

async function withService(): Promise<{ h: TestGateway; set: (behaviour: Behaviour) => void }> {
  let current: Behaviour = answering(200, 100);
  const h = await testGateway({
    metadata: true,
    replayCapacity: 2,
    services: { stickers: { call: (request, deadline) => current(request, deadline) } },
  });
  return { h, set: (behaviour) => (current = behaviour) };
}

const broken: Behaviour = async () => {
  throw new Error('reset');
};
const endless: Behaviour = async () => ({
  status: 200,
  fields: [],
  content: new ReadableStream({ pull: (c) => c.enqueue(utf8('x'.repeat(5000))) }),
});
const hanging: Behaviour = (_, deadline) =>
  new Promise((_resolve, reject) => {
    deadline.addEventListener('abort', () => reject(new Error('late')));
  });

describe('L1 every response has one length', () => {
  test('over all outcomes, in plain envelopes', async () => {
    const { h, set } = await withService();
    const outcomes = new Map<string, number>();
    const sees = (sent: Awaited<ReturnType<TestGateway['send']>>) => {
      const { status, fields } = sent.inner;
      const headers = [...sent.response.headers].map(String).join(';');
      outcomes.set(`${status} ${sent.code ?? ''} ${fields.length}`, sent.encapsulated.length);
      return headers;
    };
    const headers = new Set<string>();
    const search = async (changes = {}) => headers.add(sees(await h.search(changes)));

    for (const size of [0, 1, 100, RESPONSE_LENGTH - 100, RESPONSE_LENGTH, 100_000]) {
      set(answering(200, size));
      await search();
    }
    for (const status of [201, 204, 301, 304, 400, 404, 418, 429, 500, 503, 599]) {
      set(answering(status, 10));
      await search();
    }
    for (const behaviour of [broken, endless, hanging]) {
      set(behaviour);
      h.deadlineMs = behaviour === hanging ? 300 : 10_000;
      await search();
    }
    set(answering(200, 10));
    for (const fail of ['replayed', 'spent', 'invalid', 'unavailable', 'throw', 'hang', 'again'] as const) {
      h.issuer.fail = fail;
      h.deadlineMs = fail === 'hang' ? 300 : 10_000;
      await search();
    }
    for (const changes of [
      { fields: [] },
      { fields: (await h.fields()).filter(([name]) => name === 'date') },
      { fields: [['expect', '100-continue']] as const },
      { fields: [['x-unknown', 'x']] as const },
      { method: 'TRACE' },
      { scheme: 'http' },
      { authority: 'nobody' },
      { path: '//x' },
      { authority: 'open' },
      { authority: 'open' },
      { authority: 'open' }, // its store is full by now
      { authority: 'ledger' },
    ]) {
      await search(changes);
    }
    for (const bytes of [new Uint8Array(0), new Uint8Array(50), new Uint8Array(3000).fill(255)]) {
      headers.add(sees(await h.send(bytes)));
    }
    const replayed = await h.search();
    headers.add(sees(await opened(replayed.sealed, await h.post(replayed.sealed.body))));
    const metadata = {
      authority: 'sotto-metadata',
      method: 'GET',
      path: '/headers',
      content: new Uint8Array(0),
    };
    await search({ ...metadata, fields: (await h.fields('open')).slice(0, 1) });

    expect(outcomes.size).toBeGreaterThan(20);
    expect(new Set(outcomes.values())).toEqual(new Set([16 + RESPONSE_LENGTH + 16]));
    expect(headers.size).toBe(1);
  });

  test('in chunks', async () => {
    const { h, set } = await withService();
    const lengths = new Set<number>();
    const chunked = async (request: Bytes) => {
      const { chunks } = await sealChunked(await h.sealer(), [request]);
      const response = await h.post(streamOf([joined(chunks)]), {
        'content-type': 'message/ohttp-chunked-req',
      });
      expect(response.status).toBe(200);
      lengths.add((await response.arrayBuffer()).byteLength);
    };
    for (const behaviour of [answering(200, 0), answering(200, 1900), answering(404, 5), broken, endless]) {
      set(behaviour);
      await chunked(padded(inner({ fields: await h.fields() })));
    }
    await chunked(padded(inner({ fields: [] })));
    await chunked(new Uint8Array(10));
    expect(lengths.size).toBe(1);
  });
});
