import { gzipSync } from 'node:zlib';
import { nobleEd25519Verify, voidEntry } from '@sotto/bundle';
import {
  COSIGNATURE,
  decodeEntryBundle,
  isSignedBy,
  logFiles,
  parseCheckpoint,
  parseMirrorInfo,
  verifierKeyOf,
  logFolder,
} from '@sotto/tlog';
import { concat, EMPTY, uint, vector, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { ORIGIN, seed } from '../../../test/support/bundle-log.ts';
import { memoryStore } from './support/memory-store.ts';
import {
  BASE,
  bundleEntry,
  checkpointRequest,
  configOf,
  entriesOf,
  NAME,
  plainConfig,
  SECRET,
  startApp,
  uploadBody,
} from './support/running.ts';

const mirror = () => startApp(memoryStore(), { config: configOf(true) });
const plainMirror = () => startApp(memoryStore(), { config: plainConfig() });
const short = (size: number): Bytes[] => Array.from({ length: size }, (_, i) => uint(2, i));
const seven = entriesOf(7);

/** A mirror that has accepted a checkpoint over these entries and has none of them. */
async function pending(entries: readonly Bytes[], running = mirror()) {
  const accepted = await running.add(checkpointRequest(entries, 0));
  expect([accepted.status, await accepted.text()]).toEqual([200, '']); // it cosigns later
  return running;
}

describe('add-entries', () => {
  test('cosigns when it has every entry, and serves the log as static files', async () => {
    const { upload, send, deps } = await pending(seven);
    const folder = `/${logFolder(ORIGIN)}`;
    expect((await send(`${folder}/checkpoint`)).status).toBe(404);
    const response = await upload(uploadBody(seven));
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/^— mirror\.example \S+\n$/);
    const served = parseCheckpoint(await (await send(`${folder}/checkpoint`)).text());
    expect(served.checkpoint.size).toBe(7);
    const key = verifierKeyOf(NAME, COSIGNATURE, SECRET);
    expect(isSignedBy(served.note, key, nobleEd25519Verify)).toBe(true);
    for (const { path, bytes } of logFiles(seven)) {
      const file = await send(`${folder}/${path}`);
      expect([path, new Uint8Array(await file.arrayBuffer())]).toEqual([path, bytes]);
      expect(file.headers.get('cache-control')).toContain('immutable');
    }
    for (const path of ['tile/0/000.p/8', 'tile/entries/000', 'tile/entries/001.p/1', 'tile/1/000', 'x']) {
      expect((await send(`${folder}/${path}`)).status).toBe(404);
    }
    expect((await send(`/${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
    expect(await deps.store.count(ORIGIN)).toBe(7);
  });

  test('continues where it stopped: packages of 256, one request each', async () => {
    const entries = short(600);
    const { upload, send } = await pending(entries, plainMirror());
    for (const next of [256, 512]) {
      const partial = await upload(uploadBody(entries, next - 256, 1));
      expect([partial.status, partial.headers.get('content-type')]).toEqual([202, 'text/x.tlog.mirror-info']);
      expect(parseMirrorInfo(await partial.text())).toEqual({ size: 600, next, ticket: EMPTY });
    }
    expect((await upload(uploadBody(entries, 512))).status).toBe(200);
    const path = `/${logFolder(ORIGIN)}/tile/entries/001`;
    const bundle = new Uint8Array(await (await send(path)).arrayBuffer());
    expect(decodeEntryBundle(bundle)).toEqual(entries.slice(256, 512));
  });

  test('accepts an upload that begins inside a package, overlaps, or was interrupted inside a package', async () => {
    const entries = short(300);
    const { upload, add, deps } = await pending(short(10), plainMirror());
    expect((await upload(uploadBody(short(10)))).status).toBe(200);
    expect((await add(checkpointRequest(entries, 10))).status).toBe(200);
    const body = uploadBody(entries, 10);
    const cut = await upload(body.slice(0, body.length - 1));
    expect(parseMirrorInfo(await cut.text())).toMatchObject({ next: 256 });
    expect((await upload(uploadBody(entries, 3))).status).toBe(200);
    expect(await deps.store.entries(ORIGIN, 0, 300)).toEqual(entries);
    expect((await upload(uploadBody(entries, 300))).status).toBe(200); // cosigns again
  });

  test('accepts gzip, and refuses another coding or type with 415', async () => {
    const { upload } = await pending(seven);
    const body = uploadBody(seven);
    expect((await upload(body, { 'content-encoding': 'br' })).status).toBe(415);
    expect((await upload(body, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await upload(body, { 'content-encoding': 'gzip' })).status).toBe(400);
    const zipped = new Uint8Array(gzipSync(body));
    expect((await upload(zipped, { 'content-encoding': 'gzip' })).status).toBe(200);
  });

  test('returns its state with 409 when an upload does not fit its checkpoint', async () => {
    const { upload } = await pending(seven);
    const question = concat(vector(2, new TextEncoder().encode(ORIGIN)), uint(8, 0), uint(8, 0), uint(2, 0));
    for (const body of [question, uploadBody(seven, 3), uploadBody(entriesOf(6)), uploadBody(entriesOf(8))]) {
      const response = await upload(body);
      expect(response.status).toBe(409);
      expect(parseMirrorInfo(await response.text())).toEqual({ size: 7, next: 0, ticket: EMPTY });
    }
  });

  const void3 = seven.with(3, voidEntry(BASE + 3));
  test('accepts a void entry of its epoch', async () => {
    const { upload } = await pending(void3);
    expect((await upload(uploadBody(void3))).status).toBe(200);
  });

  test.each([
    ['a bundle that another root signed', seven.with(3, bundleEntry(BASE + 3, 0, seed(8)))],
    ['the bundle of another epoch', seven.with(3, bundleEntry(BASE + 4))],
    ['the void entry of another epoch', seven.with(3, voidEntry(BASE + 4))],
    ['bytes that are no bundle', seven.with(3, Uint8Array.of(1))],
    ['a byte after a bundle', seven.with(3, concat(bundleEntry(BASE + 3), Uint8Array.of(0)))],
  ])('refuses a log that has %s, although its checkpoint is accepted', async (_what, entries) => {
    const { upload, deps } = await pending(entries);
    expect((await upload(uploadBody(entries))).status).toBe(422);
    expect([await deps.store.count(ORIGIN), await deps.store.mirrored(ORIGIN)]).toEqual([0, null]);
  });

  test('refuses entries that are not those of the checkpoint', async () => {
    const { upload, deps } = await pending(seven);
    expect((await upload(uploadBody(entriesOf(7, 9)))).status).toBe(422);
    expect((await upload(uploadBody(seven).with(uploadBody(seven).length - 1, 1))).status).toBe(400); // a hash is announced and missing
    expect((await upload(uploadBody(seven, 0, 0))).status).toBe(400); // no package
    expect((await upload(Uint8Array.of(0)))?.status).toBe(400);
    expect((await upload(uploadBody(seven).with(20, 0xff))).status).toBe(400); // an end above 2^53
    const other = uploadBody(seven).with(2, 0x42);
    expect((await upload(other)).status).toBe(404);
    expect(await deps.store.count(ORIGIN)).toBe(0);
  });

  test('a package above 4 MiB is 413', async () => {
    const large = Array.from({ length: 70 }, () => new Uint8Array(65_000));
    const { upload } = await pending(large, plainMirror());
    expect((await upload(uploadBody(large))).status).toBe(413);
  });

  test('more than 16 concurrent uploads are 503, and a body that does not arrive is 408', async () => {
    const late = new AbortController();
    const { app } = startApp(memoryStore(), { config: configOf(true), deadline: () => late.signal });
    const silent = () =>
      app.fetch(
        new Request(`https://${NAME}/add-entries`, {
          method: 'POST',
          headers: { 'content-type': 'application/octet-stream' },
          body: new ReadableStream(),
          duplex: 'half',
        } as RequestInit),
      );
    const waiting = Array.from({ length: 16 }, silent);
    const refused = await silent();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    late.abort();
    for (const response of await Promise.all(waiting)) expect(response.status).toBe(408);
  });

  test('metrics: a mirror shows how many entries it lacks', async () => {
    const { deps, upload } = await pending(seven);
    const { healthOfWitness } = await import('../src/operator.ts');
    const missing = async () =>
      (await healthOfWitness(deps)).gauges.find(({ name }) => name === 'entries_missing')?.value;
    expect(await missing()).toBe(7);
    await upload(uploadBody(seven));
    expect(await missing()).toBe(0);
  });
});
