import { describe, expect, test } from 'vitest';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeRequest, type Field } from '@sotto/bhttp';
import {
  challengeDigest,
  decodeDirectory,
  decodeToken,
  encodeToken,
  formatAuthorization,
  parseChallenges,
} from '@sotto/privacypass';
import { nodeHpke } from '@sotto/ohttp/node';
import { base64url, concat, hex, type Bytes } from '@sotto/wire';
import { envelopeOf, streamTagOf, tagOf } from '../src/admission/tag.ts';
import { inner, padded, seal } from './support/client.ts';
import {
  DAY,
  testGateway,
  NOW,
  opened,
  outerCode,
  random,
  type TestGateway,
  type Sent,
} from './support/gateway.ts';
import { authorization, MOST_ANSWERS } from './support/tokens.ts';

/** A search with this Authorization field. */
async function withAuthorization(h: TestGateway, value: string | null, changes = {}): Promise<Sent> {
  const [, date] = await h.fields();
  const fields: Field[] = value === null ? [] : [['authorization', value]];
  if (date !== undefined) fields.push(date);
  return h.search({ fields, ...changes });
}

const told = ({ inner: { status }, code }: Sent): string => `${status} ${code ?? ''}`.trim();

describe('the token of a request', () => {
  test('a missing or unreadable token, or another scheme, gets the challenge', async () => {
    const h = await testGateway();
    const token = base64url(await h.mint());
    const values = [null, 'Bearer x', `Bearer token="${token}"`, 'Basic eA==', '', 'x', 'PrivateToken token'];
    for (const value of values) {
      const sent = await withAuthorization(h, value === '' ? null : value);
      expect([value, sent.inner.status]).toEqual([value, 401]);
      const www = sent.inner.fields.find(([name]) => name === 'www-authenticate')?.[1] ?? '';
      const { services } = await h.bundle();
      expect(hex(parseChallenges(www)[0]?.challenge ?? new Uint8Array(0))).toBe(
        hex(services[0]?.challenge ?? random(1)),
      );
    }
    expect([h.issuer.calls.length, h.issuer.rows.size, h.calls.length]).toEqual([0, 0, 0]);
  });

  test('N73 the challenge is sent with the issuer’s key of this epoch, both quoted', async () => {
    const h = await testGateway();
    for (const [i, authority] of ['stickers', 'ledger'].entries()) {
      const { inner: refused } = await h.search({ authority, fields: (await h.fields()).slice(1) });
      const www = refused.fields.find(([name]) => name === 'www-authenticate')?.[1] ?? '';
      expect(www).toMatch(/^PrivateToken challenge="[A-Za-z0-9_=-]+", token-key="[A-Za-z0-9_=-]+"$/);
      const { directory, services } = await h.bundle();
      const key = decodeDirectory(directory).tokenKeys.find(({ service }) => service === authority)?.tokenKey;
      const [demand] = parseChallenges(www);
      expect(hex(demand?.tokenKey ?? random(1))).toBe(hex(key ?? random(2)));
      expect(hex(demand?.challenge ?? random(1))).toBe(hex(services[i]?.challenge ?? random(2)));
    }
  });

  test('a token of another service, or of the next epoch, is refused here and not redeemed', async () => {
    const h = await testGateway();
    const { epochs } = await h.deps.authority.schedule();
    const challengeOf = (epoch: number, service: string): Bytes =>
      epochs[epoch]?.challenges.find((one) => one.service === service)?.challenge ?? random(1);
    for (const [challenge, service] of [
      [challengeOf(1, 'stickers'), 'stickers'],
      [challengeOf(2, 'stickers'), 'stickers'],
      [challengeOf(0, 'ledger'), 'ledger'],
    ] as const) {
      const value = formatAuthorization(h.issuer.mint(service, challenge));
      expect(told(await withAuthorization(h, value))).toBe('401 token-invalid');
    }
    // Just before the next epoch its keys are already live, and its tokens are still refused.
    h.now = (epochs[1]?.start ?? 0) - 60;
    const early = formatAuthorization(h.issuer.mint('stickers', challengeOf(1, 'stickers')));
    expect(told(await withAuthorization(h, early))).toBe('401 token-invalid');
    h.now = NOW;
    expect([h.issuer.calls.length, h.calls.length]).toEqual([0, 0]);
    const now = formatAuthorization(h.issuer.mint('stickers', challengeOf(0, 'stickers')));
    expect(told(await withAuthorization(h, now))).toBe('200');
  });

  test('the HMACs of an envelope, of a request, of a stream and of the bare bytes differ', async () => {
    const key = random(32);
    const request = inner({});
    const bytes = encodeRequest({ ...request, fields: request.fields.filter(([name]) => name !== 'date') });
    const [hkdf] = nodeHpke().kdfs;
    if (hkdf === undefined) throw new Error('no KDF');
    const tags = [await tagOf(hkdf, key, request), await envelopeOf(hkdf, key, bytes)];
    const macs = [...tags, hmac(sha256, key, bytes)].map((mac) => hex(mac));
    expect(new Set(macs).size).toBe(3);
    expect(macs[0]).toBe(hex(hmac(sha256, key, concat(Uint8Array.of(1), bytes))));
    expect(macs[1]).toBe(hex(hmac(sha256, key, concat(Uint8Array.of(2), bytes))));
    const [enc, head] = [random(1120), encodeRequest(request)];
    const ofStream = hmac(sha256, key, concat(Uint8Array.of(3), enc, head));
    expect(hex(await streamTagOf(hkdf, key, request, enc))).toBe(hex(ofStream));
  });

  test('a token of any other length, type or challenge is invalid and is not redeemed', async () => {
    const h = await testGateway();
    const token = await h.mint();
    const decoded = decodeToken(token);
    const values: Bytes[] = [
      ...Array.from({ length: token.length }, (_, length) => token.subarray(0, length)),
      concat(token, Uint8Array.of(0)),
      encodeToken({ ...decoded, challengeDigest: random(32) }),
      concat(Uint8Array.of(0, 9), token.subarray(2)),
    ];
    for (const value of values) {
      const sent = await withAuthorization(h, formatAuthorization(value));
      expect([value.length, sent.inner.status]).toEqual([value.length, 401]);
    }
    const two = `${formatAuthorization(token)}, ${formatAuthorization(await h.mint())}`;
    expect((await withAuthorization(h, two)).inner.status).toBe(401);
    expect(h.issuer.calls).toHaveLength(0);
  });

  test('quoted or not, padded or not, it is the same token', async () => {
    const h = await testGateway();
    const bare = async () => base64url(await h.mint());
    for (const value of [`PrivateToken token="${await bare()}"`, `privatetoken token=${await bare()}`]) {
      expect((await withAuthorization(h, value)).inner.status).toBe(200);
    }
  });

  test('a forged token is invalid; one for another service too', async () => {
    const h = await testGateway();
    const token = await h.mint();
    const forged = token.slice();
    forged[token.length - 1] = (forged[token.length - 1] ?? 0) ^ 1;
    expect(told(await withAuthorization(h, formatAuthorization(forged)))).toBe('401 token-invalid');
    const elsewhere = await withAuthorization(h, formatAuthorization(token), { authority: 'ledger' });
    expect(told(elsewhere)).toBe('401 token-invalid');
    expect(h.issuer.rows.size).toBe(0);
    expect((await withAuthorization(h, formatAuthorization(token))).inner.status).toBe(200);
  });

  test('with another request a spent token is refused, and the service is not called', async () => {
    const h = await testGateway();
    const fields = await h.fields();
    expect(told(await h.search({ fields }))).toBe('200');
    expect(told(await h.search({ fields, path: '/v1/other' }))).toBe('409 spent');
    expect(told(await h.search({ fields, content: Uint8Array.of(1) }))).toBe('409 spent');
    expect(h.calls).toHaveLength(1);
  });

  test('a retry in a new envelope with a new Date succeeds, three times in all', async () => {
    const h = await testGateway();
    const [token, , type] = await h.fields();
    const answers: string[] = [];
    for (let i = 0; i < MOST_ANSWERS + 1; i++) {
      h.now += 600;
      const [, date] = await h.fields();
      answers.push(told(await h.search({ fields: [token, date, type].filter((f) => f !== undefined) })));
    }
    expect(answers).toEqual(['200', '200', '200', '409 spent']);
    expect(new Set(h.issuer.calls.map(({ tag }) => hex(tag))).size).toBe(1);
    expect(new Set(h.issuer.calls.map(({ envelope }) => hex(envelope))).size).toBe(MOST_ANSWERS + 1);
  });

  test('for a service that is not idempotent there is no second call, whatever the issuer returns', async () => {
    const h = await testGateway();
    const fields = await h.fields('ledger');
    expect(told(await h.search({ authority: 'ledger', fields }))).toBe('200');
    expect(told(await h.search({ authority: 'ledger', fields }))).toBe('409 spent');
    h.issuer.fail = 'again';
    expect(told(await h.search({ authority: 'ledger' }))).toBe('409 spent');
    expect(h.calls).toHaveLength(1);
  });

  test('a tag covers method, authority, path, fields and content, and not Date or padding', async () => {
    const h = await testGateway();
    const fields = await h.fields();
    const [token, date] = fields;
    if (token === undefined || date === undefined) throw new Error('no fields');
    await h.search({ fields });
    await h.send(padded(inner({ fields })).subarray(0, -100));
    await h.search({ fields: [token, date] });
    await h.search({ fields, method: 'GET', content: new Uint8Array(0) });
    await h.search({ fields, path: '/v1/search?a=b' });
    const tags = h.issuer.calls.map(({ tag }) => hex(tag));
    expect(tags[1]).toBe(tags[0]);
    expect(new Set(tags).size).toBe(4);
  });

  test('a token of the last epoch is accepted with the tag of its own epoch, and an older one is not', async () => {
    const h = await testGateway();
    const fields = (await h.fields()).filter(([name]) => name !== 'date');
    const [, date] = await h.fields();
    if (date === undefined) throw new Error('no date');
    await h.search({ fields: [...fields, date] });
    const token = await h.mint();
    h.now = NOW + DAY;
    await h.signEpochs();
    const [, tomorrow] = await h.fields();
    if (tomorrow === undefined) throw new Error('no date');
    expect(told(await h.search({ fields: [...fields, tomorrow] }))).toBe('200'); // a retry over midnight
    expect(h.issuer.calls[1]?.tag).toEqual(h.issuer.calls[0]?.tag);
    h.now = NOW + 2 * DAY;
    const [, late] = await h.fields();
    if (late === undefined) throw new Error('no date');
    const calls = h.issuer.calls.length;
    expect(told(await h.search({ fields: [authorization(token), late] }))).toBe('401 token-invalid');
    expect(h.issuer.calls).toHaveLength(calls);
  });

  test.each(['throw', 'hang', 'unavailable'] as const)(
    'G12 when the ledger is unreachable (%s) the response is 503 inside, and the service is not called',
    async (fail) => {
      const h = await testGateway();
      h.issuer.fail = fail;
      h.deadlineMs = 300;
      const sent = await h.search();
      expect(told(sent)).toBe('503 unavailable');
      expect(sent.inner.fields).toContainEqual(['retry-after', '5']);
      expect([h.calls.length, h.issuer.calls.length]).toEqual([0, 1]);
    },
  );
});

describe('a service without a token', () => {
  test('accepts each envelope once, with or without a token', async () => {
    const h = await testGateway();
    const first = await h.search({ authority: 'open' });
    expect(told(first)).toBe('200');
    expect(told(await opened(first.sealed, await h.post(first.sealed.body)))).toBe('409 replayed');
    expect([h.calls.length, h.issuer.calls.length]).toEqual([1, 0]);
  });

  test('I6 outside of the window the same envelope is refused by its Date', async () => {
    const h = await testGateway();
    const first = await h.search({ authority: 'open' });
    h.now += 901;
    expect(told(await opened(first.sealed, await h.post(first.sealed.body)))).toBe('400 date');
  });

  test('G12 when its replay store is full it refuses, and forgets nothing that is live', async () => {
    const h = await testGateway({ replayCapacity: 3 });
    const sent = [];
    for (let i = 0; i < 5; i++) sent.push(await h.search({ authority: 'open' }));
    expect(sent.map(told)).toEqual(['200', '200', '200', '503 unavailable', '503 unavailable']);
    const [first] = sent;
    if (first === undefined) throw new Error('nothing sent');
    expect(told(await opened(first.sealed, await h.post(first.sealed.body)))).toBe('409 replayed');
    h.now += 1801; // all have expired
    expect(told(await h.search({ authority: 'open' }))).toBe('200');
  });

  test('an envelope is recognised across the change of an epoch', async () => {
    const h = await testGateway({ now: NOW - 3600 + DAY - 60 });
    const fields: Field[] = await h.fields('open');
    const sealed = await seal(await h.sealer(), padded(inner({ authority: 'open', fields })));
    expect(told(await opened(sealed, await h.post(sealed.body)))).toBe('200');
    h.now += 120;
    expect(told(await opened(sealed, await h.post(sealed.body)))).toBe('409 replayed');
  });
});

test('without the challenges of the issuer a token is not accepted, and keys are still served', async () => {
  const h = await testGateway();
  const token = await h.mint();
  const away = await testGateway({ store: { ...h.deps.authority.store, bundles: async () => [] } });
  expect((await away.app.request('/.well-known/ohttp-gateway')).status).toBe(200);
  const response = await away.app.request('/bundle');
  expect([response.status, await outerCode(response)]).toEqual([503, 'unavailable']);
  expect(challengeDigest(token)).toHaveLength(32);
});
