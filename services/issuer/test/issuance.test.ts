import { p384 } from '@noble/curves/nist.js';
import {
  AMORTIZED_REQUEST,
  decodeAmortizedBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeTokenRequest,
  encodeAmortizedBatchTokenRequest,
  encodeGenericBatchTokenRequest,
  encodeTokenRequest,
  GENERIC_REQUEST,
  GENERIC_RESPONSE,
  TOKEN_REQUEST,
} from '@sotto/privacypass';
import type { Voprf } from '@sotto/voprf';
import { concat, fromHex, uint, varint, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { random } from './support/wallet.ts';
import { told, UNPROCESSABLE, VOPRF, World } from './support/world.ts';

const RISTRETTO = VOPRF['ristretto255-SHA512'];

/** A world that counts how often a key is used. */
function counted(): { world: World; evaluations: () => number } {
  let evaluations = 0;
  const blindEvaluate: Voprf['blindEvaluate'] = (...args) => {
    evaluations += args[1].length;
    return RISTRETTO.blindEvaluate(...args);
  };
  const watched: Voprf = { ...RISTRETTO, ...methods(RISTRETTO), blindEvaluate };
  const world = new World({ deps: () => ({ voprf: { ...VOPRF, 'ristretto255-SHA512': watched } }) });
  return { world, evaluations: () => evaluations };
}

/** The bound methods of a Voprf, which may be a class. */
function methods(
  voprf: Voprf,
): Pick<Voprf, 'generateKeyPair' | 'publicKey' | 'blind' | 'finalize' | 'evaluate' | 'isElement'> {
  return {
    generateKeyPair: (r) => voprf.generateKeyPair(r),
    publicKey: (s) => voprf.publicKey(s),
    blind: (input, r) => voprf.blind(input, r),
    finalize: (publicKey, items, proof) => voprf.finalize(publicKey, items, proof),
    evaluate: (s, input) => voprf.evaluate(s, input),
    isElement: (bytes) => voprf.isElement(bytes),
  };
}

const requestOf = (type: number, keyId: number, msg: Bytes): Bytes =>
  concat(uint(2, type), uint(1, keyId), msg);

/** A truncated id that no key of type 5 has which signs now. */
async function unknownKeyId(world: World): Promise<number> {
  const keys = await world.issuer.keyring.use((held) => held);
  return Array.from({ length: 256 }, (_, id) => id).find((id) => keys.signing(5, id) === undefined) ?? 0;
}

async function refusedAll(world: World, contentType: string, bodies: readonly Bytes[]): Promise<void> {
  for (const body of bodies) {
    expect(await told(await world.post(contentType, body))).toEqual(UNPROCESSABLE);
  }
}

test('issuance: signs single, amortized and generic requests of both types, and the tokens redeem', async () => {
  const world = new World();
  for (const [service, type, count] of [
    ['stickers', 5, 30],
    ['weather', 5, 5],
    ['weather', 1, 2],
  ] as const) {
    const tokens = await world.draw(count, { service, type });
    expect(tokens).toHaveLength(count);
    for (const token of tokens.slice(0, 2)) expect(await world.redeem(token, { service })).toBe('first');
  }
  for (const type of [1, 5] as const) {
    const { pending } = await world.blind(1, 'weather', type, 'single');
    const response = await world.post(pending.contentType, pending.request);
    expect(response.headers.get('content-type')).toBe('application/private-token-response');
    const [token] = await pending.finish(new Uint8Array(await response.arrayBuffer()));
    expect(await world.redeem(token, { service: 'weather' })).toBe('first');
  }
});

test('I01 issuance: responds 422 to a wrong type, an unknown truncated key id, and a blinded_msg of another length', async () => {
  const { world, evaluations } = counted();
  const { pending } = await world.blind(1, 'stickers', 5, 'single');
  const good = decodeTokenRequest(pending.request);
  const { truncatedTokenKeyId: keyId, blindedMsg } = good;
  const unknown = await unknownKeyId(world);
  await refusedAll(world, TOKEN_REQUEST, [
    requestOf(0, keyId, blindedMsg),
    requestOf(1, keyId, concat(blindedMsg, new Uint8Array(17))),
    requestOf(2, keyId, new Uint8Array(256).fill(7)),
    requestOf(6, keyId, blindedMsg),
    requestOf(0xffff, keyId, blindedMsg),
    requestOf(5, unknown, blindedMsg),
    ...Array.from({ length: 32 }, (_, n) => requestOf(5, keyId, blindedMsg.subarray(0, n))),
    requestOf(5, keyId, concat(blindedMsg, uint(1, 0))),
  ]);
  expect(evaluations()).toBe(0);
  expect(world.used()).toBe(0);
});

test('I02 issuance: evaluates no encoding that is not an element, with the same response for all', async () => {
  const { world, evaluations } = counted();
  const { pending } = await world.blind(1, 'stickers', 5, 'single');
  const { truncatedTokenKeyId: keyId } = decodeTokenRequest(pending.request);
  const ristretto = [
    '00'.repeat(32), // the identity
    '01' + '00'.repeat(31), // negative
    'ed' + 'ff'.repeat(30) + '7f', // p: not canonical
    'ff'.repeat(32),
    '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371', // RFC 9496 A.3: not on the curve
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // torsion of edwards25519
  ];
  await refusedAll(
    world,
    TOKEN_REQUEST,
    ristretto.map((msg) => requestOf(5, keyId, fromHex(msg))),
  );

  const p = await world.blind(1, 'weather', 1, 'single');
  const p384Id = decodeTokenRequest(p.pending.request).truncatedTokenKeyId;
  const x = '5a'.repeat(48);
  const offCurve = Array.from({ length: 40 }, (_, i) => (i + 2).toString(16).padStart(96, '0')).find(
    (candidate) => {
      try {
        p384.Point.fromHex(`02${candidate}`);
        return false;
      } catch {
        return true;
      }
    },
  );
  const bad = ['00'.repeat(49), `04${x}`, `05${x}`, `06${x}`, `02${'ff'.repeat(48)}`, `02${offCurve}`];
  await refusedAll(
    world,
    TOKEN_REQUEST,
    bad.map((msg) => requestOf(1, p384Id, fromHex(msg))),
  );
  expect(evaluations()).toBe(0);
  expect(world.used()).toBe(0);
});

test('I03 issuance: refuses an uncompressed P-384 point of 97 bytes', async () => {
  const world = new World();
  const { pending } = await world.blind(1, 'weather', 1, 'single');
  const { truncatedTokenKeyId: keyId, blindedMsg } = decodeTokenRequest(pending.request);
  const uncompressed = p384.Point.fromBytes(blindedMsg).toBytes(false) as Bytes;
  expect(uncompressed).toHaveLength(97);
  await refusedAll(world, TOKEN_REQUEST, [concat(uint(2, 1), uint(1, keyId), uncompressed)]);
  const list = concat(uint(2, 1), uint(1, keyId), varint(97), uncompressed);
  await refusedAll(world, AMORTIZED_REQUEST, [list]);
});

test('I04 issuance: responds 422 to a trailing byte, a cut at any byte, and two requests in one body', async () => {
  const { world, evaluations } = counted();
  for (const kind of ['single', 'amortized'] as const) {
    const { pending } = await world.blind(1, 'stickers', 5, kind);
    const { request, contentType } = pending;
    const cuts = Array.from(request, (_, n) => request.subarray(0, n));
    await refusedAll(world, contentType, [...cuts, concat(request, uint(1, 0)), concat(request, request)]);
  }
  expect(evaluations()).toBe(0);
  expect(world.used()).toBe(0);
});

test('I06 issuance: evaluates nothing of a batch with a wrong size, mixed kinds or one bad element', async () => {
  const { world, evaluations } = counted();
  const { key, pending } = await world.blind(30);
  const good = decodeAmortizedBatchTokenRequest(pending.request);
  const of = (blindedMsgs: readonly Bytes[], more = {}): Bytes =>
    encodeAmortizedBatchTokenRequest({ ...good, blindedMsgs, ...more });
  const [element] = good.blindedMsgs as [Bytes, ...Bytes[]];
  const head = concat(uint(2, 5), uint(1, good.truncatedTokenKeyId));
  await refusedAll(world, AMORTIZED_REQUEST, [
    concat(head, varint(0)),
    ...[2, 29, 31, 501, 65_535].map((n) => of(Array.from({ length: n }, () => element))),
    of(good.blindedMsgs.with(29, new Uint8Array(32))),
    of(good.blindedMsgs.with(0, random(49))), // an element of another type
    of(good.blindedMsgs, { tokenType: 1 }),
    of(good.blindedMsgs, { truncatedTokenKeyId: await unknownKeyId(world) }),
    concat(head, fromHex('800003c0'), ...good.blindedMsgs), // 960 in a longer form than it takes
  ]);
  expect(evaluations()).toBe(0);
  expect(world.used()).toBe(0);
  // The same batch without the fault succeeds: the refusals above were caused by the faults.
  expect(key.service).toBe('stickers');
  expect((await world.post(AMORTIZED_REQUEST, pending.request)).status).toBe(200);
  expect(evaluations()).toBe(30);
});

test('generic batch: responds to each request by itself: 200, 206 when some are refused, 400 when all are', async () => {
  const world = new World();
  const a = decodeTokenRequest((await world.blind(1, 'weather', 5, 'single')).pending.request);
  const b = decodeTokenRequest((await world.blind(1, 'weather', 1, 'single')).pending.request);
  const bad = { ...a, blindedMsg: new Uint8Array(32) };
  const rsa = concat(uint(2, 2), uint(1, 1), new Uint8Array(256));
  const post = (requests: readonly Bytes[]): Promise<Response> => {
    const body = concat(...requests);
    return world.post(GENERIC_REQUEST, concat(varint(body.length), body));
  };
  const both = await world.post(GENERIC_REQUEST, encodeGenericBatchTokenRequest([a, b]));
  expect(both.status).toBe(200);
  expect(both.headers.get('content-type')).toBe(GENERIC_RESPONSE);
  const responses = decodeGenericBatchTokenResponse(new Uint8Array(await both.arrayBuffer()));
  expect(responses.map((entry) => entry?.tokenType)).toEqual([5, 1]);
  const some = await post([encodeTokenRequest(bad), encodeTokenRequest(b)]);
  expect(some.status).toBe(206);
  const answers = decodeGenericBatchTokenResponse(new Uint8Array(await some.arrayBuffer()));
  expect(answers.map((entry) => entry?.tokenType)).toEqual([undefined, 1]);
  expect((await post([rsa, encodeTokenRequest(b)])).status).toBe(206);
  expect((await post([rsa, encodeTokenRequest(bad)])).status).toBe(400);
  expect((await post([])).status).toBe(422);
  expect((await post([encodeTokenRequest(a).subarray(1)])).status).toBe(422);
  expect(world.used()).toBe(4); // two, one and one
});

test('generic batch: charges each key’s ceiling for its own part', async () => {
  const reserved: number[] = [];
  const world = new World({
    deps: ({ authority }) => ({
      authority: {
        ...authority,
        snapshot: () => authority.snapshot(),
        reserve: async (keyId, count) => reserved.push(count) > 0 && authority.reserve(keyId, count),
      },
    }),
    vars: {
      SERVICES: JSON.stringify([
        { name: 'weather', types: [5, 1], batch: [3], quota: { default: 30 }, ceiling: 3 },
      ]),
    },
  });
  const a = decodeTokenRequest((await world.blind(1, 'weather', 5, 'single')).pending.request);
  const b = decodeTokenRequest((await world.blind(1, 'weather', 1, 'single')).pending.request);
  expect((await world.post(GENERIC_REQUEST, encodeGenericBatchTokenRequest([a, a, b]))).status).toBe(200);
  expect(reserved).toEqual([2, 1]);
});

test('I13 issuance: reads only the view’s bytes of a body inside a larger buffer', async () => {
  const world = new World();
  const { pending } = await world.blind(1);
  const canary = fromHex('ca4a'.repeat(8));
  const around = concat(canary, pending.request, canary);
  const view = around.subarray(canary.length, canary.length + pending.request.length);
  const answer = async (body: Bytes): Promise<Bytes> =>
    new Uint8Array(await (await world.post(pending.contentType, body)).arrayBuffer());
  const [a, b] = [await answer(view), await answer(pending.request)];
  // The element is the same; the proof is fresh.
  expect(a.subarray(0, 33)).toEqual(b.subarray(0, 33));
  expect(await pending.finish(a)).toHaveLength(1);
  expect(Buffer.from(a).includes(Buffer.from(canary))).toBe(false);
});
