import { generateKeyPairSync } from 'node:crypto';
import { ristretto255 } from '@noble/curves/ed25519.js';
import { utf8 } from '@sotto/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountToken } from '../services/local/src/account.ts';
import { BareClient } from './bench/bare/client.ts';
import { constantGateway, type ConstantGateway } from './bench/bare/constant-gateway.ts';
import * as layout from './bench/bare/layout.ts';
import { fetched, posted, requireSame, type Seen } from './bench/bare/seen.ts';
import { startBare, type BareSuite } from './bench/bare/suite.ts';
import { Samples } from './bench/samples.ts';
import { takeTurns } from './bench/turns.ts';

const PAGE = { type: 'application/vnd.test', length: 5000 };
const CONTENT = utf8('{"q":"happy cat"}');
const OHTTP = { 'content-type': layout.OHTTP.request };
const ENVELOPE = 7 + 1088 + 32 + 1024 + 16; // bytes: header, both encapsulated keys, request and tag
const SEALED = 16 + 163_840 + 16; // nonce, response and tag
const POINT = ristretto255.Point;

let constant: ConstantGateway;
let suite: BareSuite;
let client: BareClient;
const attester = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeAll(async () => {
  constant = await constantGateway();
  suite = await startBare({
    page: PAGE,
    issuance: 'application/issued',
    attester: attester.publicKey.export({ format: 'jwk' }),
    relayToken: 'token of the relay',
    gateways: { '/constant': constant.origin },
  });
  client = new BareClient(suite);
});

afterAll(async () => {
  await suite.dispose();
  constant.close();
});

const passed = (base: string, body: Uint8Array<ArrayBuffer>): Promise<Seen> =>
  fetched(`${suite.urls.relay}${base}/ohttp`, { method: 'POST', headers: OHTTP, body });

describe('bench: the bare exchange', () => {
  test('a search passes all hops, in messages as long as ours', async () => {
    const envelope = client.seal(CONTENT);
    expect(envelope.bytes).toHaveLength(ENVELOPE);
    const { body } = await passed('', envelope.bytes);
    expect(body).toHaveLength(SEALED);
    expect(envelope.open(body)).toEqual({ status: 200, content: Buffer.from(layout.pageOf(PAGE.length)) });
    await expect(client.search(CONTENT)).resolves.toMatchObject({ body: { length: SEALED } });
  });

  test('a token is written: the second time it is spent, and no page is sent', async () => {
    const envelope = client.seal(CONTENT);
    await expect(client.refused(envelope)).rejects.toThrow('answered 200 with 5000 bytes in place of 409');
    await client.refused(envelope);
    const { body } = await passed('', envelope.bytes);
    expect(body).toHaveLength(SEALED);
    expect(envelope.open(body)).toMatchObject({ status: 409, content: { length: 0 } });
  });

  test('the gateway seals for the one who asked, and opens nothing that was changed', async () => {
    const [envelope, other] = [client.seal(CONTENT), client.seal(CONTENT)];
    const sealed = await posted(suite.urls.gateway + layout.GATEWAY_PATH, OHTTP, envelope.bytes);
    expect(sealed.body).toHaveLength(SEALED);
    expect(() => other.open(sealed.body)).toThrow(/authenticate/);
    for (const at of [10, 7 + 1088 + 5, ENVELOPE - 1]) {
      const changed = envelope.bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(passed('', changed)).rejects.toThrow('HTTP 400');
    }
  });

  test('a page of another length than expected is an error', async () => {
    const expecting = new BareClient({ ...suite, page: { ...PAGE, length: PAGE.length + 1 } });
    await expect(expecting.search(CONTENT)).rejects.toThrow(
      'the bare exchange answered 200 with 5000 bytes in place of 200 with 5001',
    );
  });

  test('the relay alone: the gateway at its other path sees the envelope with the credential, and its answer comes back', async () => {
    const envelope = client.seal(CONTENT);
    await expect(passed('/constant', envelope.bytes)).rejects.toThrow('HTTP 404');
    const body = new Uint8Array(100_000).fill(7);
    constant.answer({ headers: new Headers({ 'content-type': 'a/b' }), body });
    expect((await passed('/constant', envelope.bytes)).body).toEqual(body);
    const { headers, body: arrived } = constant.received();
    expect(arrived).toEqual(envelope.bytes);
    expect(headers.get('authorization')).toBe('Bearer token of the relay');
    expect(headers.get('content-type')).toBe(layout.OHTTP.request);
  });

  test('a batch is multiplied by the key once for each account that the attester has signed', async () => {
    const elements = Array.from({ length: 30 }, (_, i) => POINT.BASE.multiply(BigInt(i + 2)));
    const batch = Buffer.concat([Buffer.from('head'), ...elements.map((element) => element.toBytes())]);
    const issue = (account: string): Promise<Seen> =>
      fetched(`${suite.urls.issuer}/token-request`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account}` },
        body: batch,
      });
    const secret = attester.privateKey.export({ format: 'jwk' }) as Parameters<typeof accountToken>[0];
    const account = await accountToken(secret, 'an account');
    const { body, headers } = await issue(account);
    expect(headers.get('content-type')).toBe('application/issued');
    expect(body).toHaveLength(2 + 30 * 32 + 64);
    const k = BigInt(`0x${Buffer.from(layout.SECRET_KEY.toReversed()).toString('hex')}`) % POINT.Fn.ORDER;
    const list = elements.map((_, i) => POINT.fromBytes(body.subarray(2 + 32 * i, 2 + 32 * (i + 1))));
    expect(list.every((product, i) => product.equals(elements[i]?.multiply(k) as typeof product))).toBe(true);

    await expect(issue(account)).rejects.toThrow('HTTP 429'); // its row was written
    await issue(await accountToken(secret, 'another account'));
    await expect(issue(`${account.slice(0, -8)}AAAAAAAA`)).rejects.toThrow('HTTP 401');
  });

  test('requireSame: names the message whose length or header field is another', () => {
    const seen = (length: number, type = 'a/b'): Seen => ({
      headers: new Headers({ 'content-type': type, date: `${Math.random()}` }),
      body: new Uint8Array(length),
    });
    expect(() => requireSame({ one: seen(1), two: seen(2) }, { one: seen(1), two: seen(2) })).not.toThrow();
    expect(() => requireSame({ one: seen(1), two: seen(2) }, { one: seen(1), two: seen(3) })).toThrow(
      'the bare two is not like ours: content-type: a/b; 3 bytes, and ours content-type: a/b; 2 bytes',
    );
    expect(() => requireSame({ one: seen(1) }, { one: seen(1, 'c/d') })).toThrow(
      'the bare one is not like ours',
    );
    expect(() => requireSame({ one: seen(1) }, {})).toThrow('the bare one is not like ours: undefined');
  });
});

describe('bench: turns of several kinds of calls', () => {
  test('takeTurns: kinds take turns, in reverse order if asked, and costs are of one call', async () => {
    const order: string[] = [];
    let cpu = 0;
    const kind = (name: string, cost: number) => ({
      clock: () => cpu,
      run: async () => void (order.push(name), (cpu += cost)),
    });
    const kinds = { a: kind('a', 10), b: kind('b', 30) };
    const { a, b } = await takeTurns(kinds, { turns: 2, calls: 3, atOnce: 1, isReversed: true });
    expect(order.join('')).toBe('bbbaaabbbaaa');
    expect([a, b].map((turns) => turns.map((turn) => turn.cpu))).toEqual([[10, 10], [30, 30]]); // prettier-ignore
  });

  test('takeTurns: as many calls at once as asked, and never more calls', async () => {
    let [now, most, calls] = [0, 0, 0];
    const run = async (): Promise<void> => {
      calls++;
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
    };
    await takeTurns({ a: { clock: () => 0, run } }, { turns: 3, calls: 10, atOnce: 4, isReversed: false });
    expect([most, calls]).toEqual([4, 30]);
  });

  const turn = (cpu: number) => ({ latencies: [], wall: 0, cpu });

  test('Samples: CPU time is compared turn by turn, so a slow moment of both changes no ratio', () => {
    const samples = new Samples();
    const slow = [10, 12, 90, 11, 14];
    samples.addCpu('row', slow.slice(0, 3).map(turn), slow.slice(0, 3).map((us) => turn(us / 2))); // prettier-ignore
    samples.addCpu(
      'row',
      slow.slice(3).map(turn),
      slow.slice(3).map((us) => turn(us / 2)),
    );
    samples.addParts('row', { a: 3, b: 9 });
    samples.addParts('row', { a: 5, b: 9 });
    samples.addParts('row', { a: 4, b: 9 });
    const [[name, figure] = []] = samples.figures();
    expect(name).toBe('row');
    expect(figure).toMatchObject({ ours_us: 12, peer_us: 6, ratio: 2, spread: 0, parts_us: { a: 4, b: 9 } });
  });

  test('Samples: of times on the clock the medians are shown, and the ratio is that of the fastest tenth', () => {
    const samples = new Samples();
    const ours = Array.from({ length: 21 }, (_, i) => 300 + 10 * i);
    const peer = Array.from({ length: 21 }, (_, i) => 200 + (i > 5 ? 1000 : 5 * i)); // it waited in most calls
    samples.addTimes('row', ours.slice(0, 7), peer.slice(0, 7));
    samples.addTimes('row', ours.slice(7), peer.slice(7));
    expect(samples.figures()).toEqual([
      ['row', { ours_us: 400, peer_us: 1200, ratio: 320 / 210, spread: null, limit_us: null }],
    ]);
  });
});
