import { nobleEd25519Verify } from '@sotto/bundle';
import { COSIGNATURE, isSignedBy, parseCheckpoint, verifierKeyOf } from '@sotto/tlog';
import { utf8 } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { checkpointOf, seed } from '../../../test/support/bundle-log.ts';
import {
  BASE,
  bundleEntry,
  checkpointRequest,
  entriesOf,
  NAME,
  SECRET,
  startApp,
} from './support/running.ts';
import { memoryStore } from './support/memory-store.ts';

const [seven, fourteen] = [entriesOf(7), entriesOf(14)];
const forged = seven.with(3, bundleEntry(BASE + 3, 9));

/** A witness that has cosigned seven entries. */
async function afterSeven() {
  const running = startApp(memoryStore());
  expect((await running.add(checkpointRequest(seven, 0))).status).toBe(200);
  return running;
}

describe('add-checkpoint', () => {
  test('cosigns the first checkpoint, one that continues it, and the same again', async () => {
    const { add } = startApp(memoryStore());
    const key = verifierKeyOf(NAME, COSIGNATURE, SECRET);
    for (const [entries, oldSize] of [
      [seven, 0],
      [fourteen, 7],
      [fourteen, 14],
    ] as const) {
      const response = await add(checkpointRequest(entries, oldSize));
      expect(response.status).toBe(200);
      const line = await response.text();
      expect(line).toMatch(/^— mirror\.example \S+\n$/);
      const { note } = parseCheckpoint(checkpointOf(entries, { witnesses: [] }) + line);
      expect(isSignedBy(note, key, nobleEd25519Verify)).toBe(true);
    }
  });

  test('returns the size that it cosigned last with 409', async () => {
    const { add } = await afterSeven();
    for (const oldSize of [0, 3, 8]) {
      const response = await add(checkpointRequest(fourteen, oldSize));
      expect(response.status).toBe(409);
      expect(response.headers.get('content-type')).toBe('text/x.tlog.size');
      expect(await response.text()).toBe('7\n');
    }
  });

  const forgedLonger = [...forged, ...fourteen.slice(7)];
  test.each([
    ['another entry at the same size', checkpointRequest(forged, 7), 409],
    ['another entry, from an older size', checkpointRequest(forged, 0), 409],
    ['a longer history on another entry', checkpointRequest(forgedLonger, 7), 422],
    ['a proof that lacks a hash', checkpointRequest(fourteen, 7).replace(/\n[^\n]+/, ''), 422],
    ['a proof for the same size', checkpointRequest(seven, 7).replace('\n', `\n${'A'.repeat(43)}=\n`), 422],
    ['an old size above the checkpoint', checkpointRequest(seven, 7).replace('old 7', 'old 8'), 400],
    ['a log key that is not configured', checkpointRequest(fourteen, 7, seed(9)), 403],
    ['a damaged signature', checkpointRequest(fourteen, 7).replace(/...\n$/, 'AA=\n'), 403],
    ['an unknown origin', checkpointRequest(fourteen, 7).replaceAll('bundles.', 'other.'), 404],
    ['no checkpoint', 'old 7\n\n', 400],
    ['text that is no request', 'new 7\n', 400],
    ['an extension line', checkpointRequest(seven, 7).replace('\n\n—', '\nextension\n\n—'), 400],
  ])('refuses %s', async (_what, body, status) => {
    const { add, deps } = await afterSeven();
    expect((await add(body)).status).toBe(status);
    expect((await deps.store.accepted('bundles.sotto.example'))?.size).toBe(7);
  });

  test('a second bundle for an epoch at a new index is cosigned: only the index rule of clients refuses it', async () => {
    const { add } = await afterSeven();
    const appended = [...seven, bundleEntry(BASE + 6, 9)];
    expect((await add(checkpointRequest(appended, 7))).status).toBe(200);
  });

  test('of 100 concurrent checkpoints with two histories, one history is cosigned', async () => {
    const { add } = await afterSeven();
    const other = [...seven, ...entriesOf(14, 9).slice(7)];
    const bodies = Array.from({ length: 100 }, (_, i) => checkpointRequest(i % 2 ? other : fourteen, 7));
    const responses = await Promise.all(bodies.map((body) => add(body)));
    const cosigned = new Set(responses.flatMap(({ status }, i) => (status === 200 ? [i % 2] : [])));
    expect(cosigned.size).toBe(1);
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('a witness that cannot write signs nothing', async () => {
    const store = memoryStore();
    const { add } = startApp({ ...store, accept: () => Promise.reject(new Error('disk')) });
    const response = await add(checkpointRequest(seven, 0));
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('—')]);
  });

  test('limits: a body above 72 KiB is 413, text that is not UTF-8 is 400, another method 405', async () => {
    const { add, send } = await afterSeven();
    expect((await add(utf8('old 7\n'.repeat(13_000)))).status).toBe(413);
    expect((await add(Uint8Array.of(0xff, 0xfe))).status).toBe(400);
    expect((await send('/add-checkpoint')).headers.get('allow')).toBe('POST');
    expect((await send('/health')).status).toBe(200);
    expect((await send('/add-entries', { method: 'POST' })).status).toBe(404); // it is not a mirror
  });

  test('a body that does not arrive is 408', async () => {
    const late = new AbortController();
    const { app } = startApp(memoryStore(), { deadline: () => late.signal });
    const body = new ReadableStream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const waiting = app.fetch(new Request(`https://${NAME}/add-checkpoint`, init));
    late.abort();
    expect((await waiting).status).toBe(408);
  });
});

test('metrics: submissions are counted by outcome', async () => {
  const { add, deps } = await afterSeven();
  await add(checkpointRequest(forged, 7));
  await add('x');
  await deps.tally.flush(deps.counters);
  expect(await deps.counters.totals()).toEqual({
    'outcomes ok': 1,
    'outcomes conflict': 1,
    'outcomes bad-request': 1,
  });
});
