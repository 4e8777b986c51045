import {
  decodeTokenRequest,
  encodeGenericBatchTokenRequest,
  encodeVoucherRequest,
  GENERIC_REQUEST,
  type TokenRequest,
} from '@sotto/privacypass';
import { EMPTY, hex, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { DAY, PROBLEM, told, UNPROCESSABLE } from './support/world.ts';
import { VoucherWorld } from './support/vouchers.ts';
import { random } from './support/wallet.ts';

const atDay = (day: number, seconds?: number): VoucherWorld =>
  new VoucherWorld({ clock: { now: VoucherWorld.at(day, seconds) } });

describe('the schedule of refill keys', () => {
  test('an epoch shows the keys of the rest of its period, and in the window those of the next', async () => {
    for (const [day, count] of [
      [0, 7],
      [4, 3],
      [5, 9],
      [6, 8],
    ] as const) {
      expect((await atDay(day).refillInfo()).keys).toHaveLength(count);
    }
  });

  test('every published epoch has its keys, and the key of an epoch is the same in all of them', async () => {
    const world = atDay(3);
    const { epochs } = await world.issuer.schedule(0);
    expect(epochs).toHaveLength(7);
    const seen = new Map<number, string>();
    for (const { start, refill } of epochs) {
      for (const [i, key] of (refill?.keys ?? []).entries()) {
        const epoch = start / DAY + i;
        expect(seen.get(epoch) ?? hex(key)).toBe(hex(key));
        seen.set(epoch, hex(key));
      }
    }
    expect(new Set(seen.values()).size).toBe(seen.size);
    expect(seen.size).toBe(11); // days 3 to 13
  });

  test('after a time longer than keys of services are made ahead, both kinds are there', async () => {
    const world = atDay(0);
    await world.refillInfo();
    world.clock.now = VoucherWorld.at(9);
    expect((await world.refillInfo()).keys).toHaveLength(5);
    expect(await world.draw(1)).toHaveLength(1);
  });

  test('the directory and the keys of services are the same as without vouchers', async () => {
    const world = atDay(0);
    expect(new TextDecoder().decode(await world.directory())).not.toContain('refill');
  });

  test('an issuer without VOUCHERS publishes no refills, and has no route for vouchers', async () => {
    const world = new VoucherWorld({ vars: { VOUCHERS: '' } });
    const { epochs } = await world.issuer.schedule(0);
    expect(epochs.every(({ refill }) => refill === null)).toBe(true);
    const refused = await told(await world.postVouchers(random(20)));
    expect(refused).toEqual(PROBLEM(404, 'vouchers-off', 'No Vouchers Issued'));
  });
});

describe('voucher issuance', () => {
  test('issues three vouchers for each remaining epoch of the period', async () => {
    for (const [day, count] of [
      [0, 7],
      [6, 1],
    ] as const) {
      const vouchers = await atDay(day).vouchers();
      expect(vouchers.map((batch) => batch.length)).toEqual(Array.from({ length: count }, () => 3));
    }
  });

  test('has one length for everyone who requests on one day: 729 and 1,148 bytes on the first of seven', async () => {
    const world = atDay(0);
    for (const account of ['ada', 'bob']) {
      const { body } = await world.blindVouchers();
      const response = await world.postVouchers(body, account);
      expect([body.length, (await response.arrayBuffer()).byteLength]).toEqual([729, 1148]);
    }
  });

  test('in the window issues the vouchers of the next period, and before it does not', async () => {
    for (const [day, status] of [
      [4, 422],
      [5, 200],
      [6, 200],
    ] as const) {
      const world = atDay(day);
      const keys = (await atDay(0).refillInfo()).keys;
      const shown = (await world.refillInfo()).keys.slice(-7);
      const next = world.epoch - day + 7;
      const pending = await world.blindVouchers({ first: next, keys: status === 200 ? shown : keys });
      expect((await world.postVouchers(pending.body)).status).toBe(status);
    }
  });

  test('V01 V02 anything but the one valid request of the day is refused as a whole and counts nothing', async () => {
    const world = atDay(1);
    const { keys } = await world.refillInfo();
    const good = await world.blindVouchers();
    const requests = good.batches.map(({ request }) => request);
    const spoilt = requests.map((request, i) => (i === 3 ? flipped(request, request.length - 1) : request));
    const other = requests.map((request, i) => (i === 3 ? flipped(request, 2) : request));
    const bodies: Record<string, Bytes> = {
      'one epoch fewer': (await world.blindVouchers({ count: 5 })).body,
      'one epoch more': (await world.blindVouchers({ count: 7, keys: [...keys, ...keys.slice(0, 1)] })).body,
      'an epoch that is over': encodeVoucherRequest({
        firstEpoch: world.epoch - 1,
        requests: [...requests.slice(0, 1), ...requests],
      }),
      'a later epoch of the period': (await world.blindVouchers({ first: world.epoch + 1 })).body,
      'the next period, before the window': encodeVoucherRequest({
        firstEpoch: world.epoch + 6,
        requests: [...requests.slice(0, 1), ...requests],
      }),
      'two vouchers for each epoch': (await world.blindVouchers({ perEpoch: 2 })).body,
      'four vouchers for each epoch': (await world.blindVouchers({ perEpoch: 4 })).body,
      'keys in another order': (await world.blindVouchers({ keys: keys.toReversed() })).body,
      'an element that is none': encodeVoucherRequest({ firstEpoch: world.epoch, requests: spoilt }),
      'a key id of no key': encodeVoucherRequest({ firstEpoch: world.epoch, requests: other }),
      'an empty batch': encodeVoucherRequest({
        firstEpoch: world.epoch,
        requests: requests.map(() => new Uint8Array(0)),
      }),
      'a cut body': good.body.subarray(0, -1),
      'a longer body': Uint8Array.of(...good.body, 0),
      nothing: new Uint8Array(0),
      'an epoch beyond all': encodeVoucherRequest({ firstEpoch: 2 ** 52, requests }),
    };
    for (const [name, body] of Object.entries(bodies)) {
      expect([name, ...(await told(await world.postVouchers(body)))]).toEqual([name, ...UNPROCESSABLE]);
    }
    expect(world.issuances()).toBe(0);
    expect((await world.postVouchers(good.body)).status).toBe(200);
  });

  test('V03 a repeated body is issued again and counted once; of many concurrent ones the account gets its three issuances', async () => {
    const world = atDay(2);
    const first = await world.blindVouchers();
    const responses = [];
    for (let i = 0; i < 3; i++) responses.push(await world.postVouchers(first.body));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [a = EMPTY, b = EMPTY] = await Promise.all(
      responses.slice(0, 2).map(async (one) => new Uint8Array(await one.arrayBuffer())),
    );
    expect(hex(a)).not.toBe(hex(b)); // a fresh proof
    const [tokens, again] = [await first.finish(a), await first.finish(b)];
    expect(again.map((batch) => batch.map(hex))).toEqual(tokens.map((batch) => batch.map(hex)));
    expect(world.issuances()).toBe(1);

    const others = await Promise.all(Array.from({ length: 4 }, () => world.blindVouchers()));
    const raced = await Promise.all(others.map(({ body }) => world.postVouchers(body)));
    expect(raced.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([200, 200, 429, 429]);
    expect(world.issuances()).toBe(3);
    const refused = raced.find(({ status }) => status === 429);
    // The end of the period: the same for everyone.
    expect(refused?.headers.get('retry-after')).toBe(new Date(VoucherWorld.at(7, 0) * 1000).toUTCString());
    expect((await world.postVouchers((await world.blindVouchers()).body, 'bob')).status).toBe(200);
  });

  test('V03 an account of a tier with one issuance gets one, in each period', async () => {
    const world = atDay(6);
    const next = world.epoch + 1;
    const post = async (first: number) =>
      (await world.postVouchers((await world.blindVouchers({ first })).body, 'ada', { tier: 'new' })).status;
    expect([await post(world.epoch), await post(world.epoch)]).toEqual([200, 429]);
    expect([await post(next), await post(next)]).toEqual([200, 429]);
  });

  test('hashes of an account differ between periods, and from those of epochs', async () => {
    const world = atDay(6);
    await world.vouchers();
    await world.draw(1);
    await world.postVouchers((await world.blindVouchers({ first: world.epoch + 1 })).body);
    const rows = world.database.db.all<{ account: Uint8Array; epoch: number }>(
      'select account, epoch from quotas',
    );
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map(({ account }) => hex(new Uint8Array(account)))).size).toBe(3);
  });

  test('the row of an issuance is kept until its period is over, and then deleted', async () => {
    const world = atDay(0);
    await world.vouchers();
    world.clock.now = VoucherWorld.at(6, DAY - 1);
    await world.issuer.runSchedule();
    expect(world.issuances()).toBe(1);
    world.clock.now = VoucherWorld.at(7, 600);
    await world.issuer.runSchedule();
    expect(world.issuances()).toBe(0);
  });

  test('without a credential, or with a body of another type, nothing is issued', async () => {
    const world = atDay(0);
    const { body } = await world.blindVouchers();
    const bare = await world.fetch('/voucher-request', {
      method: 'POST',
      headers: { 'content-type': 'application/sotto-voucher-request' },
      body,
    });
    expect(await told(bare)).toEqual(PROBLEM(401, 'unauthorized', 'Unauthorized'));
    expect((await world.fetch('/voucher-request', { method: 'POST', body })).status).toBe(415);
    expect((await world.fetch('/voucher-request')).status).toBe(405);
  });
});

describe('migration', () => {
  const closed = (direct: boolean) =>
    JSON.stringify([
      { name: 'stickers', types: [5], batch: [30], quota: { default: 30 }, direct, refill: 2 },
      { name: 'weather', types: [5], batch: [30], quota: { default: 30 }, refill: 1 },
    ]);

  test('"direct": false refuses tokens for an account with 403 and a code of its own, and vouchers still buy them', async () => {
    const world = new VoucherWorld({
      vars: { SERVICES: closed(false) },
      clock: { now: VoucherWorld.at(0) },
    });
    const { pending } = await world.blind(30);
    const refused = await world.post(pending.contentType, pending.request);
    expect(await told(refused)).toEqual(PROBLEM(403, 'voucher-required', 'Voucher Required'));
    expect(world.used()).toBe(0);
    expect(await world.draw(30, { service: 'weather' })).toHaveLength(30);
    const pack = await world.blindPack();
    expect(await world.refillOutcome(await world.voucher(), pack.body)).toBe('first');
  });

  test('"direct": false refuses a generic batch of nothing else in the same way, and the rest of a mixed one', async () => {
    const world = new VoucherWorld({
      vars: { SERVICES: closed(false).replaceAll('[30]', '[1, 2, 30]') },
      clock: { now: VoucherWorld.at(0) },
    });
    const single = async (service: string) =>
      decodeTokenRequest((await world.blind(1, service, 5, 'single')).pending.request);
    const post = (requests: readonly TokenRequest[]) =>
      world.post(GENERIC_REQUEST, encodeGenericBatchTokenRequest(requests));
    const [stickers, weather] = [await single('stickers'), await single('weather')];
    expect(await told(await post([stickers]))).toEqual(PROBLEM(403, 'voucher-required', 'Voucher Required'));
    expect((await post([stickers, weather])).status).toBe(206);
  });

  test('"direct" that is turned on again: the refused request succeeds with the same store', async () => {
    const clock = { now: VoucherWorld.at(0) };
    const before = new VoucherWorld({ vars: { SERVICES: closed(false) }, clock });
    const { pending } = await before.blind(30);
    expect((await before.post(pending.contentType, pending.request)).status).toBe(403);
    const { database } = before;
    const after = new VoucherWorld({ vars: { SERVICES: closed(true) }, clock, database });
    expect((await after.post(pending.contentType, pending.request)).status).toBe(200);
  });
});

function flipped(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 0x80;
  return copy;
}
