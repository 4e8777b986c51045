import { encodeRequest } from '@sotto/bhttp';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyStore } from '../src/ports.ts';
import { inner, joined, seal, sealChunked, type Sealer } from './support/client.ts';
import {
  DAY,
  testGateway,
  memoryStores,
  NOW,
  opened,
  row,
  type TestGateway,
  type Sent,
} from './support/gateway.ts';

const BEFORE = { requestLength: 8192, responseLength: 2048 };
/** Shorter requests and longer responses. */
const AFTER = { requestLength: 1024, responseLength: 4096 };
const OVERHEAD = 32; // bytes that an envelope adds to a response: nonce and AEAD tag

const withLengths = (lengths: typeof BEFORE, store: KeyStore, now = NOW): Promise<TestGateway> =>
  testGateway({
    store,
    now,
    rows: [{ ...row('stickers', { type: 5 }, true), lengths: { name: 'default', ...lengths } }],
  });

let store: KeyStore;
let h: TestGateway;
beforeEach(async () => {
  store = memoryStores().keys;
  await withLengths(BEFORE, store); // signs a week
  h = await withLengths(AFTER, store);
});

async function send(at: TestGateway, changes: object, length: number, sealer?: Sealer): Promise<Sent> {
  const request = encodeRequest(inner({ fields: await at.fields(), ...changes }), { length });
  const sealed = await seal(sealer ?? (await at.sealer()), request);
  return opened(sealed, await at.post(sealed.body));
}

describe('after a change of the lengths in the table', () => {
  test.each([
    ['a response', {}, 200],
    ['a refusal', { fields: [] }, 400],
    ['a refusal for an unknown service', { authority: 'nobody' }, 403],
  ])('clients with the earlier bundle get %s of the earlier length', async (_name, changes, status) => {
    const sent = await send(h, changes, BEFORE.requestLength);
    expect([sent.inner.status, sent.encapsulated.length]).toEqual([status, BEFORE.responseLength + OVERHEAD]);
  });

  test('a request in chunks gets a response of the earlier length', async () => {
    const request = encodeRequest(inner({ fields: await h.fields() }), { length: BEFORE.requestLength });
    const { chunks, open } = await sealChunked(await h.sealer(), [request]);
    const response = await h.post(joined(chunks), { 'content-type': 'message/ohttp-chunked-req' });
    const pieces = await open(new Uint8Array(await response.arrayBuffer()));
    expect(joined(pieces)).toHaveLength(BEFORE.responseLength);
  });

  test('the bundle of the next epoch but one has the new lengths, and clients with it get them', async () => {
    const later = await withLengths(AFTER, store, NOW + 2 * DAY);
    expect((await later.bundle()).services).toMatchObject([AFTER]);
    const sent = await send(later, {}, AFTER.requestLength);
    expect([sent.inner.status, sent.encapsulated.length]).toEqual([200, AFTER.responseLength + OVERHEAD]);
  });

  test('the bundle of the next epoch still has the earlier lengths, and its key serves them for one more epoch', async () => {
    const next = await withLengths(AFTER, store, NOW + DAY);
    expect((await next.bundle()).services).toMatchObject([BEFORE]);
    const sealer = await next.sealer();
    const later = await withLengths(AFTER, store, NOW + 2 * DAY);
    const sent = await send(later, {}, BEFORE.requestLength, sealer);
    expect([sent.inner.status, sent.encapsulated.length]).toEqual([200, BEFORE.responseLength + OVERHEAD]);
  });

  test('requests of the earlier, longer length are refused when no live bundle has it', async () => {
    const last = await withLengths(AFTER, store, NOW + 3 * DAY);
    const response = await last.post(new Uint8Array(BEFORE.requestLength));
    expect(response.status).toBe(413);
  });
});
