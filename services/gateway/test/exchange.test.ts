import { describe, expect, test } from 'vitest';
import { KEM } from '@sotto/ohttp';
import { fromUtf8 } from '@sotto/wire';
import { inner } from './support/client.ts';
import { testGateway, RESPONSE_LENGTH } from './support/gateway.ts';

describe('an exchange', () => {
  test.each([
    ['X-Wing', KEM.X_WING],
    ['X25519', KEM.X25519],
  ])('under %s reaches the service without anything about the client', async (_name, kemId) => {
    const h = await testGateway();
    const sent = await h.send(inner({ fields: await h.fields() }), kemId);
    expect(sent.inner.status).toBe(200);
    expect(fromUtf8(sent.inner.content)).toBe('{"q":"cat"}');
    expect(sent.encapsulated.length).toBe(16 + RESPONSE_LENGTH + 16);
    expect([...sent.response.headers.keys()].toSorted()).toEqual(['cache-control', 'content-type']);
    expect(h.calls.map(({ method, path, contentType }) => [method, path, contentType])).toEqual([
      ['POST', '/v1/search', 'application/json'],
    ]);
  });
});
