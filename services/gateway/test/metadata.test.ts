import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { EMPTY, fromUtf8 } from '@sotto/wire';
import { inner, padded, seal } from './support/client.ts';
import { testGateway, opened, RELAY_TOKEN, type TestGateway } from './support/gateway.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function ask(h: TestGateway, changes: object, headers: Record<string, string> = {}) {
  const request = inner({
    authority: 'sotto-metadata',
    method: 'GET',
    path: '/headers',
    content: EMPTY,
    ...changes,
  });
  const fields = (await h.fields('open')).filter(([name]) => name === 'date');
  const sealed = await seal(await h.sealer(), padded({ ...request, fields }));
  return opened(sealed, await h.post(sealed.body, headers));
}

describe('the metadata route', () => {
  test('does not exist unless it is turned on', async () => {
    expect((await ask(await testGateway(), {})).inner.status).toBe(403);
  });

  test('returns the names of outer fields, and digests of their values', async () => {
    const h = await testGateway({ metadata: true });
    const { inner: answer } = await ask(h, {}, { 'x-canary': 'e3b0c442', incremental: '?1' });
    expect(answer.status).toBe(200);
    const text = fromUtf8(answer.content);
    expect(JSON.parse(text)).toEqual({
      headers: [
        { name: 'authorization' },
        { name: 'content-type', sha256: sha256('message/ohttp-req') },
        { name: 'incremental', sha256: sha256('?1') },
        { name: 'x-canary', sha256: sha256('e3b0c442') },
      ],
    });
    expect(text).not.toContain('e3b0c442');
    expect(text).not.toContain(RELAY_TOKEN);
    expect(text).not.toContain(sha256(`Bearer ${RELAY_TOKEN}`));
  });

  test('accepts an envelope once, like any service without a token, and nothing else', async () => {
    const h = await testGateway({ metadata: true });
    const first = await ask(h, {});
    const again = await opened(first.sealed, await h.post(first.sealed.body));
    expect([again.inner.status, again.code]).toEqual([409, 'replayed']);
    expect((await ask(h, { path: '/' })).inner.status).toBe(404);
    expect((await ask(h, { method: 'DELETE' })).inner.status).toBe(405);
  });

  test('is in no bundle', async () => {
    const h = await testGateway({ metadata: true });
    expect((await h.bundle()).services.map(({ name }) => name)).not.toContain('sotto-metadata');
  });
});
