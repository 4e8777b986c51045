import { nobleEd25519Verify } from '@sotto/bundle';
import { COSIGNATURE, ED25519, isSignedBy, parseCheckpoint, verifierKey, verifierKeyOf } from '@sotto/tlog';
import { fromHex } from '@sotto/wire';
import { expect, test } from 'vitest';
import vectors from '../../../specs/vectors/tlog-witness.json' with { type: 'json' };
import { memoryStore } from './support/memory-store.ts';
import { configOf, NAME, SECRET, startApp } from './support/running.ts';

/** The base64 of its signature has unused bits that are not zero. litewitness decodes it and rejects the signature (403); here it is malformed. */
const NOT_CANONICAL = 1;

test('a log of Sigsum gets the responses that litewitness gives it', async () => {
  const { origin, publicKey, exchanges } = vectors;
  const key = verifierKey(origin, ED25519, fromHex(publicKey));
  const logs = new Map([[origin, { key, bundles: null }]]);
  const { add } = startApp(memoryStore(), { config: { ...configOf(false), logs } });
  const responses: { readonly status: number; readonly body: string }[] = [];
  for (const { request } of exchanges) {
    const response = await add(request);
    responses.push({ status: response.status, body: await response.text() });
  }
  const expected = exchanges.map(({ status }, i) => (i === NOT_CANONICAL ? 400 : status));
  expect(responses.map(({ status }) => status)).toEqual(expected);
  const conflicts = <T extends { readonly status: number }>(all: readonly T[]): T[] =>
    all.filter(({ status }) => status === 409);
  expect(conflicts(responses).map(({ body }) => body)).toEqual(conflicts(exchanges).map(({ body }) => body));
  // Each line that it gave cosigns the checkpoint of its request.
  const cosigned = exchanges.flatMap(({ request }, i) => {
    const { status, body } = responses[i] ?? {};
    return status === 200 ? [parseCheckpoint(request.slice(request.indexOf('\n\n') + 2) + body)] : [];
  });
  expect(cosigned.map(({ checkpoint }) => checkpoint.size)).toEqual([1, 3, 5]);
  const own = verifierKeyOf(NAME, COSIGNATURE, SECRET);
  expect(cosigned.map(({ note }) => isSignedBy(note, own, nobleEd25519Verify))).toEqual([true, true, true]);
});
