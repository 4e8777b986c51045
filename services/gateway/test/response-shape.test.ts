import { describe, expect, test } from 'vitest';
import { utf8, type Bytes } from '@sotto/wire';
import type { Service } from '../src/service/service.ts';
import { inner, padded } from './support/client.ts';
import { testGateway, RESPONSE_LENGTH, row, type Sent } from './support/gateway.ts';

const ok: Service['call'] = async () => ({ status: 200, fields: [], content: utf8('{}') });
const told = ({ inner: { status }, code }: Sent): string => `${status} ${code ?? ''}`.trim();

describe('N09 responses are sent on a time grid', () => {
  test('a refusal of the gateway, one of the issuer and a slow search are sent at the same multiple', async () => {
    const timer = { now: 12_345 };
    const waits: number[] = [];
    const call: Service['call'] = async (request, deadline) => {
      timer.now += 35;
      return ok(request, deadline);
    };
    const h = await testGateway({
      responseGridMs: 50,
      services: { stickers: { call } },
      timer: {
        elapsedMs: () => timer.now,
        sleep: async (ms) => {
          waits.push(ms);
          timer.now += ms;
        },
      },
    });
    const took = async (send: () => Promise<Sent>): Promise<[number, number]> => {
      const began = timer.now;
      const { inner: answer } = await send();
      return [answer.status, timer.now - began];
    };
    expect(await took(() => h.search())).toEqual([200, 50]);
    expect(await took(() => h.search({ authority: 'nowhere' }))).toEqual([403, 50]);
    expect(await took(() => h.search({ fields: [] }))).toEqual([400, 50]);
    h.issuer.fail = 'spent';
    expect(await took(() => h.search())).toEqual([409, 50]);
    expect(waits).toEqual([15, 50, 50, 50]);
  });

  test('without a grid nothing waits', async () => {
    const waits: number[] = [];
    const timer = { elapsedMs: () => 0, sleep: async (ms: number) => void waits.push(ms) };
    const h = await testGateway({ timer });
    expect(told(await h.search())).toBe('200');
    expect(waits).toEqual([]);
  });
});

describe('N04 the relay sees the class of an exchange, and not its service', () => {
  const lengthClass = (name: string, requestLength: number, responseLength: number) => ({
    name,
    requestLength,
    responseLength,
  });
  const SEARCH = lengthClass('search', 1024, RESPONSE_LENGTH);
  const LARGE = lengthClass('large', 4096, 3 * RESPONSE_LENGTH);

  test('every response of a class has one length, including refusals of unknown services', async () => {
    const rows = [
      { ...row('stickers', { type: 5 }, true), lengths: SEARCH },
      { ...row('weather', null, true), lengths: SEARCH },
      { ...row('maps', { type: 5 }, true), lengths: LARGE },
    ];
    const h = await testGateway({ rows });
    const lengths = async (requestLength: number, changes: object): Promise<number> => {
      const request: Bytes = new Uint8Array(requestLength);
      request.set(padded(inner({ fields: await h.fields('stickers'), ...changes })));
      return (await h.send(request)).encapsulated.length - 32;
    };
    const search = [];
    for (const changes of [
      {},
      { authority: 'weather' },
      { authority: 'nowhere' },
      { fields: [] },
      { path: '//x' },
    ]) {
      search.push(await lengths(1024, changes));
    }
    expect(new Set(search)).toEqual(new Set([RESPONSE_LENGTH]));
    const large = [];
    for (const changes of [
      { authority: 'maps', fields: await h.fields('maps') },
      { authority: 'nowhere' },
      { authority: 'maps', fields: [] },
    ]) {
      large.push(await lengths(4096, changes));
    }
    expect(new Set(large)).toEqual(new Set([3 * RESPONSE_LENGTH]));
    const { services } = await h.bundle();
    expect(services.map(({ requestLength, responseLength }) => [requestLength, responseLength])).toEqual([
      [1024, RESPONSE_LENGTH],
      [1024, RESPONSE_LENGTH],
      [4096, 3 * RESPONSE_LENGTH],
    ]);
  });
});

describe('N17 responses of the gateway itself are marked, and no service can send the mark', () => {
  const MARK = ['proxy-status', 'sotto-gateway'];

  test('refusals have the mark, and responses of services do not, even if they send it', async () => {
    const spoof: Service['call'] = async () => ({
      status: 409,
      fields: [['content-type', 'application/problem+json']],
      content: utf8('{"code":"spent"}'),
    });
    const h = await testGateway({ services: { open: { call: spoof } } });
    const spoofed = await h.search({ authority: 'open' });
    expect([spoofed.inner.status, spoofed.code]).toEqual([409, 'spent']);
    expect(spoofed.inner.fields.map(([name]) => name)).not.toContain('proxy-status');
    for (const changes of [{ authority: 'nowhere' }, { fields: [] }, { method: 'TRACE' }]) {
      expect((await h.search(changes)).inner.fields).toContainEqual(MARK);
    }
    h.issuer.fail = 'spent';
    expect((await h.search()).inner.fields).toContainEqual(MARK);
    const broken = await testGateway({
      services: { stickers: { call: () => Promise.reject(new Error('x')) } },
    });
    expect((await broken.search()).inner.fields).toContainEqual(MARK);
  });
});
