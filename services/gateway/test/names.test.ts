import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { permitAddresses, type Permits } from '../src/node/addresses.ts';
import { guardedFetch, type Resolve } from '../src/node/connect.ts';
import { fetchService } from '../src/service/fetch-service.ts';
import { testGateway, RESPONSE_LENGTH, type TestGateway, type Sent } from './support/gateway.ts';
import { ok, rawServer, type RawServer } from './support/raw-server.ts';

/** The internet, and these addresses. */
const publicAnd = (own: readonly string[]): Permits => permitAddresses({ own, internet: true, nat64: null });

const open: RawServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const said = ({ inner, code }: Sent): string => `${inner.status} ${code ?? ''}`.trim();

/** A resolver that returns these in turn and repeats the last one, with a record of its look-ups. */
function saying(...answers: readonly (readonly string[])[]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (name) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(name);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { resolve, asked };
}

const closing = ok(['content-type: application/json'], '{}');
const keeping = (socket: Socket): void => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');

/** A gateway whose sticker service has a name that only this resolver knows, on a port with a listener. */
async function named(
  resolve: Resolve,
  own: readonly string[],
  answer = closing,
): Promise<{ h: TestGateway; server: RawServer }> {
  const server = await rawServer(answer);
  open.push(server);
  const base = `http://stickers.example:${server.port}`;
  const stickers = fetchService(base, guardedFetch(resolve, publicAnd(own)));
  return { h: await testGateway({ services: { stickers } }), server };
}

const REFUSED = [
  ['loopback', '127.0.0.1'],
  ['loopback elsewhere', '127.9.9.9'],
  ['loopback in IPv6', '::1'],
  ['metadata', '169.254.169.254'],
  ['metadata in IPv6', 'fd00:ec2::254'],
  ['metadata at a public address', '168.63.129.16'],
  ['metadata under CGNAT', '100.100.100.200'],
  ['link-local', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%lo'],
  ['private, 10/8', '10.0.0.1'],
  ['private, 172.16/12', '172.31.255.255'],
  ['private, 192.168/16', '192.168.1.1'],
  ['unique local', 'fc00::1'],
  ['CGNAT', '100.64.0.1'],
  ['unspecified', '0.0.0.0'],
  ['unspecified in IPv6', '::'],
  ['multicast', '224.0.0.1'],
  ['multicast in IPv6', 'ff02::1'],
  ['broadcast', '255.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['documentation in IPv6', '2001:db8::1'],
  ['benchmarks', '198.18.0.1'],
  ['IPv4-mapped', '::ffff:127.0.0.1'],
  ['IPv4-mapped in hex', '::ffff:7f00:1'],
  ['IPv4-mapped, of the internet', '::ffff:9.9.9.9'],
  ['IPv4-compatible', '::127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['NAT64, local', '64:ff9b:1::a00:1'],
  ['6to4 of loopback', '2002:7f00:1::'],
  ['Teredo', '2001:0:7f00:1::'],
  ['no address', 'localhost'],
] as const;
const TAKEN = ['1.1.1.1', '9.9.9.9', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a06:98c0:3600::103'];

describe('addresses of a name', () => {
  let answer = '';
  let asked = 0;
  let shared: Awaited<ReturnType<typeof named>>;
  beforeAll(async () => {
    const resolve: Resolve = async (name) => {
      asked++;
      return await saying([answer]).resolve(name);
    };
    shared = await named(resolve, []);
    open.length = 0;
  });
  afterAll(() => shared.server.close());

  test.each(REFUSED)('B23 %s (%s) is refused inside, and no socket is opened', async (_what, address) => {
    [answer, asked] = [address, 0];
    const sent = await shared.h.search();
    expect(said(sent)).toBe('403 forbidden');
    expect([asked, shared.server.connections()]).toEqual([1, 0]);
    expect(sent.encapsulated.length - RESPONSE_LENGTH).toBe(32); // nonce and tag: the length of any other refusal
    expect(Buffer.from(sent.inner.content).toString()).not.toContain(address);
  });

  test('B23 public addresses are not refused', () => {
    const permits = publicAnd([]);
    expect(TAKEN.filter((address) => !permits(address))).toEqual([]);
    expect(REFUSED.filter(([, address]) => permits(address))).toEqual([]);
  });

  test('B23 one refused address refuses the name', async () => {
    const { h, server } = await named(saying(['9.9.9.9', '127.0.0.1']).resolve, []);
    expect(said(await h.search())).toBe('403 forbidden');
    expect(server.connections()).toBe(0);
  });

  test('B23 an address in the URL is checked like one of a name', async () => {
    const server = await rawServer(closing);
    open.push(server);
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost']) {
      const send = guardedFetch(saying(['127.0.0.1']).resolve, publicAnd([]));
      const stickers = fetchService(`http://${host}:${server.port}`, send);
      expect([host, said(await (await testGateway({ services: { stickers } })).search())]).toEqual([
        host,
        '403 forbidden',
      ]);
    }
    expect(server.connections()).toBe(0);
  });

  test('an address that its row lists is used, and Host remains the name', async () => {
    const { h, server } = await named(saying(['127.0.0.1']).resolve, ['10.2.0.0/16', '127.0.0.1']);
    expect(said(await h.search())).toBe('200');
    expect(server.requests[0]?.toLowerCase()).toContain(`host: stickers.example:${server.port}\r\n`);
  });

  test.each([
    'x',
    '10.0.0.0/7',
    '0.0.0.0/0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '::/0',
    '::ffff:0:0/96',
    '64:ff9b::/96',
  ])('a row that names %s does not start', (own) => {
    expect(() => publicAnd([own])).toThrow(RangeError);
  });
});

describe('a name that changes', () => {
  test('B23 between the check and the connection: one look-up is made, and its address is used', async () => {
    // A second look-up of the name would return an address without a listener that is not permitted.
    const { resolve, asked } = saying(['127.0.0.1'], ['127.0.0.66']);
    const { h, server } = await named(resolve, ['127.0.0.1']);
    expect(said(await h.search())).toBe('200');
    expect([asked.length, server.connections()]).toEqual([1, 1]);
    expect(said(await h.search())).toBe('403 forbidden');
    expect([asked.length, server.connections()]).toEqual([2, 1]);
  });

  test('B23 between two requests: a kept connection does not bypass the check', async () => {
    const { resolve } = saying(['127.0.0.1'], ['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']);
    const { h, server } = await named(resolve, ['127.0.0.1'], keeping);
    const all = [];
    for (let i = 0; i < 4; i++) all.push(said(await h.search()));
    expect(all).toEqual(['200', '200', '403 forbidden', '200']);
    expect([server.requests.length, server.connections()]).toEqual([3, 1]);
  });

  test('a connection to an earlier address is not used any more', async () => {
    const { resolve } = saying(['127.0.0.1'], ['127.0.0.2']);
    const { h, server } = await named(resolve, ['127.0.0.0/8'], keeping);
    expect(said(await h.search())).toBe('200');
    await h.search(); // nothing listens at 127.0.0.2
    expect(server.requests).toHaveLength(1);
  });

  test('during a slow look-up further requests for the same name wait for it and start none', async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const resolve: Resolve = async () => {
      asked++;
      await gate.promise;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const { h } = await named(resolve, ['127.0.0.1']);
    const all = Array.from({ length: 20 }, () => h.search({ authority: 'stickers' }));
    while (h.issuer.calls.length < 20) await new Promise((next) => setTimeout(next, 5)); // all wait for the redemption
    gate.resolve();
    expect(new Set((await Promise.all(all)).map(said))).toEqual(new Set(['200']));
    expect(asked).toBeLessThan(20);
  });

  test('B25 a name that is not found is a bad gateway, and one whose look-up hangs a gateway timeout', async () => {
    const missing = await named(() => Promise.reject(new Error('ENOTFOUND')), []);
    expect(said(await missing.h.search())).toBe('502 bad-gateway');
    const none = await named(saying([]).resolve, []);
    expect(said(await none.h.search())).toBe('502 bad-gateway');
    const hanging = await named(() => new Promise(() => {}), []);
    hanging.h.deadlineMs = 300;
    expect(said(await hanging.h.search())).toBe('504 gateway-timeout');
  });
});

test('B23 over TLS the server name is the name in the table, not the address', async () => {
  let hello = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      hello = data.toString('latin1');
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send = guardedFetch(saying(['127.0.0.1']).resolve, publicAnd(['127.0.0.1']));
  const stickers = fetchService(`https://stickers.example:${port}`, send);
  expect(said(await (await testGateway({ services: { stickers } })).search())).toBe('502 bad-gateway');
  expect(hello).toContain('stickers.example');
  server.close();
});
