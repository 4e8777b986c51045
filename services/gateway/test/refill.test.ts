import { encodeSignedBundle, verifySignedBundle, type Bundle } from '@sotto/bundle';
import { encodeTokenChallenge, PACK_REQUEST, serviceChallenge } from '@sotto/privacypass';
import type { PublishedSchedule, RefillOutcome, ScheduledRefill } from '@sotto/redemption';
import { utf8, voucherEpochs, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { refillKey } from '../../../packages/bundle/test/support.ts';
import type { ServiceRow } from '../src/config.ts';
import { runSchedule } from '../src/keys/schedule.ts';
import { inner } from './support/client.ts';
import {
  DAY,
  testGateway,
  NOW,
  random,
  row,
  scheduleOf,
  type TestGateway,
  type TestGatewayOptions,
} from './support/gateway.ts';
import { authorization } from './support/tokens.ts';

const LENGTHS = { name: 'refill', requestLength: 2048, responseLength: 3072 };
const REFILL: ServiceRow = {
  ...row('refill', { type: 5 }, true),
  target: { issuer: true },
  lengths: LENGTHS,
  chunked: false,
  methods: ['POST'],
  paths: '/v1/pack',
};
const STICKERS = row('stickers', { type: 5 }, true);
const ROWS = [STICKERS, row('open', null, true), REFILL];
const PACK = [{ service: 'stickers', tokens: 30 }];

/** The issuer's schedule with refills: the terms of each epoch, or null for none. */
function schedule(change: Partial<ScheduledRefill> | null = {}): () => Promise<PublishedSchedule> {
  const plain = scheduleOf(['stickers'], DAY, () => NOW);
  return async () => {
    const { revision, epochs } = await plain();
    return {
      revision,
      epochs: epochs.map(({ start, challenges, ...epoch }) => {
        const index = start / DAY;
        const keys = Array.from({ length: voucherEpochs(index, 7) }, (_, i) => refillKey(index + i));
        const context = { tokenType: 5, issuerName: 'issuer.example', service: 'refill', epoch: start };
        const challenge = encodeTokenChallenge(serviceChallenge(context));
        return {
          ...epoch,
          start,
          challenges: [...challenges, { service: 'refill', tokenType: 5, challenge }],
          refill: change === null ? null : { period: 7, perEpoch: 3, keys, pack: PACK, ...change },
        };
      }),
    };
  };
}

const open = (options: TestGatewayOptions = {}): Promise<TestGateway> =>
  testGateway({ rows: ROWS, schedule: schedule(), ...options });

async function version2({ deps }: TestGateway): Promise<Bundle> {
  const [stored] = await deps.authority.store.bundles(NOW / DAY - 1, NOW / DAY);
  if (stored === undefined || stored.signature === null) throw new Error('no bundle');
  const signed = encodeSignedBundle({ bundle: stored.bundle, signature: stored.signature });
  return verifySignedBundle(signed, { roots: [deps.config.root], now: NOW });
}

/** A refill as a client sends it, with changes. */
async function refill(
  h: TestGateway,
  changes: Parameters<TestGateway['search']>[0] = {},
  content: Bytes = utf8('a pack'),
) {
  const entry = (await version2(h)).services.find(({ name }) => name === 'refill');
  const token = h.issuer.mint('refill', entry?.challenge ?? new Uint8Array(0));
  const fields = (await h.fields('open')).filter(([name]) => name !== 'content-type');
  const request = inner({
    authority: 'refill',
    path: '/v1/pack',
    method: 'POST',
    content,
    fields: [authorization(token), ...fields, ['content-type', PACK_REQUEST]],
    ...changes,
  });
  return { token, sent: await h.send(request) };
}

describe('the bundle', () => {
  test('has the refill terms of the issuer, the service and its class, and version 1 has none of them', async () => {
    const h = await open();
    const { extension, services } = await version2(h);
    expect(extension?.refill).toMatchObject({ period: 7, window: 2, perEpoch: 3, pack: PACK });
    expect(extension?.classes.map(({ name }) => name)).toEqual(['default', 'refill']);
    expect(services.map(({ name }) => name)).toEqual(['stickers', 'open', 'refill']);
    expect((await h.bundle()).services.map(({ name }) => name)).toEqual(['stickers', 'open']);
  });

  test.each<[string, Partial<ScheduledRefill> | null, RegExp]>([
    ['no vouchers at the issuer', null, /^SERVICES\[2\]: the issuer issues no vouchers.*VOUCHERS/],
    [
      'another service',
      { pack: [{ service: 'weather', tokens: 30 }] },
      /buy tokens of weather, and the table has stickers/,
    ],
    [
      'a pack that is too long',
      { pack: [{ service: 'stickers', tokens: 60 }] },
      /^SERVICES\[2\]: a refill needs a requestLength of 2443 or more/,
    ],
  ])('%s: is made without refills, and the operator is told', async (_name, change, problem) => {
    const h = await open({ schedule: schedule(change) });
    const { extension, services } = await version2(h);
    expect(extension?.refill).toBeNull();
    expect(services.map(({ name }) => name)).toEqual(['stickers', 'open']);
    expect(await runSchedule(h.deps.authority, NOW)).toEqual([expect.stringMatching(problem)]);
  });

  test('when the issuer loses refill keys, the coming bundles are withdrawn', async () => {
    const h = await open();
    const lost = {
      ...h.deps.authority,
      schedule: schedule({ keys: [1, 2, 3, 4, 5, 6, 7, 8, 9].map(refillKey) }),
    };
    const problems = await runSchedule(lost, NOW);
    expect(problems[1]).toMatch(/named issuer keys that are lost, so its signature was withdrawn/);
  });
});

describe('a refill', () => {
  test('goes to the issuer in one call, with the voucher, the pack and the envelope, and nothing else', async () => {
    const h = await open();
    h.issuer.filled = { outcome: 'first', body: utf8('signed') };
    const { token, sent } = await refill(h);
    expect([sent.inner.status, Buffer.from(sent.inner.content).toString()]).toEqual([200, 'signed']);
    expect(h.issuer.refills).toEqual([{ token, pack: utf8('a pack'), envelope: expect.any(Uint8Array) }]);
    expect(h.issuer.calls).toEqual([]);
    expect(h.calls).toEqual([]);
  });

  test('V15 every outcome has its problem, and all responses have one length', async () => {
    const h = await open();
    const lengths = new Set<number>();
    const codes: Record<string, string> = {};
    const outcomes: readonly RefillOutcome[] = [
      'first',
      'again',
      'spent',
      'replayed',
      'invalid',
      'malformed',
      'unavailable',
    ];
    for (const outcome of outcomes) {
      const body = outcome === 'first' || outcome === 'again' ? random(1800) : null;
      h.issuer.filled = { outcome, body };
      const { sent } = await refill(h);
      lengths.add(sent.encapsulated.length);
      codes[outcome] = `${sent.inner.status} ${sent.code}`;
    }
    h.issuer.filled = 'throw';
    const { sent } = await refill(h);
    lengths.add(sent.encapsulated.length);
    expect(codes).toEqual({
      first: '200 null',
      again: '200 null',
      spent: '409 spent',
      replayed: '409 replayed',
      invalid: '401 token-invalid',
      malformed: '422 pack-malformed',
      unavailable: '503 unavailable',
    });
    expect(`${sent.inner.status} ${sent.code}`).toBe('503 unavailable');
    expect(lengths.size).toBe(1);
  });

  test('of another method, path or content type, without a voucher, or with one of another service never reaches the issuer', async () => {
    const h = await open();
    const date = (await h.fields('open')).filter(([name]) => name === 'date');
    const type = ['content-type', PACK_REQUEST] as const;
    const stranger = await h.fields('stickers');
    for (const [changes, code] of [
      [{ method: 'PUT' }, 'method-not-allowed'],
      [{ path: '/v1/packs' }, 'forbidden'],
      [{ path: '/' }, 'forbidden'],
      [{ fields: [...date, type] }, 'token-required'],
      [{ fields: [...stranger.filter(([name]) => name !== 'content-type'), type] }, 'token-invalid'],
      [{ fields: stranger }, 'token-invalid'],
      [{ fields: [type] }, 'date'],
    ] as const) {
      expect((await refill(h, changes as never)).sent.code).toBe(code);
    }
    expect(h.issuer.refills).toEqual([]);
  });

  test('N54 an issuer that does not respond is unavailable after the row’s deadline, and its place is free again', async () => {
    const h = await open({
      rows: [STICKERS, row('open', null, true), { ...REFILL, maxInFlight: 1, timeoutMs: 100 }],
    });
    h.issuer.filled = 'hang';
    expect((await refill(h)).sent.code).toBe('unavailable');
    h.issuer.filled = { outcome: 'first', body: utf8('signed') };
    expect((await refill(h)).sent.inner.status).toBe(200);
  });
});
