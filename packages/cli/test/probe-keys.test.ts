import { decodeKeyConfigs, encodeKeyConfigs } from '@sotto/ohttp';
import { concat, uint, utf8, vector, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import type { Faults } from './support/deployment.ts';
import { GATEWAY_ALONE, OPEN, probed } from './support/probed.ts';

describe('probe: keys and media types', () => {
  const foreign = vector(2, concat(uint(1, 9), uint(2, 0xff77), utf8('a key of another KEM')));

  test('a key of an unknown KEM first: the next one is used', async () => {
    const { status, failed, unsaid } = await probed(
      { ...OPEN, served: (keys) => concat(foreign, keys) },
      GATEWAY_ALONE,
    );
    expect({ status, failed, unsaid }).toEqual({ status: 0, failed: [], unsaid: [] });
  });

  test('only a key of an unknown KEM: what needs a key cannot be told', async () => {
    const { status, failed, unsaid, said } = await probed({ ...OPEN, served: () => foreign }, GATEWAY_ALONE);
    expect({ status, failed }).toEqual({ status: 0, failed: [] });
    expect(unsaid).toContain('9458/5.2/3');
    expect(said.find(({ id }) => id === '9458/3.2/1')?.detail).toBe('no key of a KEM that is known here');
  });

  test('several keys, of which the gateway has one: every offered suite must work', async () => {
    const served = (keys: Bytes): Bytes =>
      encodeKeyConfigs(decodeKeyConfigs(keys).flatMap((config) => [config, { ...config, keyId: 99 }]));
    const { failed, said } = await probed({ ...OPEN, served }, GATEWAY_ALONE);
    expect(failed).toEqual(['9458/4.3/5']);
    expect(said.find(({ id }) => id === '9458/4.3/5')?.detail).toMatch(/^key 99, /);
  });

  const typed = (type: string): Faults => ({
    ...OPEN,
    opened: (_request, sealed) => {
      if (sealed.headers.get('content-type') === 'message/ohttp-res')
        sealed.headers.set('content-type', type);
      return sealed;
    },
  });
  const rows = ['--section', '9458/5.2/3', '--section', '9458/4/1'];

  test.each(['message/ohttp-res; charset=utf-8', 'Message/OHTTP-Res;q="a;b"', 'message/ohttp-res ;'])(
    'a response of type %s: parameters change nothing',
    async (type) => {
      expect(await probed(typed(type), [...GATEWAY_ALONE, ...rows])).toMatchObject({ status: 0, failed: [] });
    },
  );

  test.each(['text/html', 'message/ohttp-res, text/html', 'message/ohttp-req', 'message/ohttp-resx; a=b'])(
    'a response of type %s: is no encapsulated response',
    async (type) => {
      const { failed } = await probed(typed(type), [...GATEWAY_ALONE, ...rows]);
      expect(failed).toContain('9458/5.2/3');
    },
  );

  test.each(['null', '{"headers":[null]}', '{"headers":[{"name":1}]}', '{"headers":7}', '"headers"'])(
    'a metadata route that says %s: the rows of headers cannot tell',
    async (content) => {
      const { unsaid, failed } = await probed({
        inner: (request, honest) =>
          request?.authority === 'sotto-metadata' ? { status: 200, content } : honest,
      });
      expect(failed).toEqual([]);
      expect(unsaid).toEqual(['9458/6.2/1', '9458/6.2/2', '9458/6.2.1/1']);
    },
  );
});
