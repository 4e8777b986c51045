import { describe, expect, test } from 'vitest';
import { KEM } from '@sotto/ohttp';
import type { Field } from '@sotto/bhttp';
import { EMPTY, fromUtf8 } from '@sotto/wire';
import { inner } from './support/client.ts';
import { house, RESPONSE_LENGTH, row } from './support/house.ts';

describe('an exchange', () => {
  test.each([
    ['X-Wing', KEM.X_WING],
    ['X25519', KEM.X25519],
  ])('under %s reaches the service with nothing of who asks', async (_name, kemId) => {
    const h = await house();
    const sent = await h.send(inner({ fields: await h.fields() }), kemId);
    expect(sent.inner.status).toBe(200);
    expect(fromUtf8(sent.inner.content)).toBe('{"q":"cat"}');
    expect(sent.encapsulated.length).toBe(16 + RESPONSE_LENGTH + 16);
    expect([...sent.response.headers.keys()].toSorted()).toEqual(['cache-control', 'content-type']);
    expect(h.calls.map(({ method, path, contentType }) => [method, path, contentType])).toEqual([
      ['POST', '/v1/search', 'application/json'],
    ]);
  });

  test('N75 a general client is served by a row that admits its method and fields, after it has taken the Date of the refusal', async () => {
    const general = row('stickers', null, true);
    const h = await house({ rows: [{ ...general, methods: ['OPTIONS'], fields: ['user-agent', 'accept'] }] });
    const fields: Field[] = [
      ['user-agent', 'curl/8'],
      ['accept', '*/*'],
    ];
    const send = (more: Field[]) =>
      h.send(inner({ method: 'OPTIONS', content: EMPTY, fields: [...fields, ...more] }));
    const refused = await send([]);
    expect([refused.inner.status, refused.code]).toEqual([400, 'date']);
    expect(h.calls).toHaveLength(0);
    const date = refused.inner.fields.find(([name]) => name === 'date')?.[1] ?? '';
    expect((await send([['date', date]])).inner.status).toBe(200);
    expect(h.calls.map(({ method, fields: passed }) => [method, passed])).toEqual([['OPTIONS', fields]]);
  });
});
