import { createServer, type AddressInfo, type Server } from 'node:net';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { UsageError } from '../src/command.ts';
import { probe } from '../src/commands/probe.ts';
import { deployment, GATEWAY, RELAY, TARGET } from './support/deployment.ts';
import { plainIo } from './support/io.ts';
import { probing, type Said } from './support/probed.ts';

const without = (status: number, headers = {}): Response => new Response(null, { status, headers });

/** The keys of an honest gateway. */
async function keysFile(): Promise<Uint8Array> {
  const { fetch: honest } = await deployment();
  return new Uint8Array(await (await honest(`${GATEWAY}/.well-known/ohttp-gateway`)).arrayBuffer());
}

/** A relay that responds like this, beside the keys of an honest gateway. */
const beside =
  (keys: Uint8Array, respond: (request: Request) => Response) =>
  (request: Request): Response =>
    request.url.startsWith(GATEWAY) ? new Response(keys.slice()) : respond(request);

const PAIR = ['--relay', RELAY, '--keys', `${GATEWAY}/keys`, '--target', TARGET];

describe('probe: servers that are no relay', () => {
  test('one that responds 415 to everything: no valid envelope gets a response', async () => {
    const { status, said, of } = await probing(
      beside(await keysFile(), () => without(415)),
      PAIR,
    );
    expect(status).toBe(1);
    expect(of('fail')).toEqual(['9458/4.3/5', '9458/5.2/3', '9458/5.1/1', '9292/4/1', '9458/5.2/5']);
    expect(said.find(({ id }) => id === '9458/5.2/3')?.detail).toBe('reported outside: HTTP 415');
  });

  test.each([204, 200, 500])(
    'one that responds %i to everything: fails what must be refused',
    async (code) => {
      const { status, of } = await probing(() => without(code));
      expect(status).toBe(1);
      expect(of('fail')).toEqual(['9458/5.2/1', '9458/5.2/2']);
      expect(of('warn')).toContain('9458/5/1');
    },
  );

  test.each([
    ['to another host', 'https://www.relay.example/ohttp', ' to https://www.relay.example/ohttp'],
    ['to itself, without end', '/ohttp', ' to https://relay.example/ohttp'],
    ['with control characters', '/\u001b[2J', ' to https://relay.example/%1B[2J'],
    ['to nowhere', 'https://[', ''],
  ])('one that redirects %s: says so, after one request', async (_where, location, named) => {
    const sent: RequestRedirect[] = [];
    const redirecting = probing((request) => {
      sent.push(request.redirect);
      return without(308, { location: encodeURI(location).replaceAll('%5B', '[') });
    });
    await expect(redirecting).rejects.toMatchObject({
      status: 3,
      message: `https://relay.example/ohttp redirects${named} (HTTP 308). Envelopes are not redirected: name the URL that accepts them.`,
    });
    expect(sent).toEqual(['manual']);
  });

  test('one whose body never ends: is read up to 16 MiB, and tests nothing', async () => {
    const piece = new Uint8Array(2 ** 20);
    let pieces = 0;
    const endless = () => {
      pieces++;
      return piece;
    };
    const body = () => new ReadableStream({ pull: (to) => to.enqueue(endless()) });
    await expect(probing(() => new Response(body(), { status: 400 }))).rejects.toMatchObject({
      status: 3,
      message: 'Nothing was tested: a response is longer than 16 MiB.',
    });
    expect(pieces).toBeLessThan(20);
  });

  test('one whose keys never end: fails the row of the keys', async () => {
    const endless = () => new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(2 ** 20)) });
    const { status, said } = await probing(
      (request) => (request.method === 'GET' ? new Response(endless()) : without(400)),
      ['--gateway', GATEWAY, '--section', '9540'],
    ).catch((error: Error) => ({ status: null, said: [{ detail: error.message }] }));
    expect([status, said[0]?.detail]).toEqual([
      null,
      'Nothing was tested: a response is longer than 16 MiB.',
    ]);
  });
});

describe('probe: servers that stop', () => {
  const rows = ['--relay', RELAY];

  test('without a response three times in a row, nothing more is sent', async () => {
    const { status, sent, said, of } = await probing((_request, n) => {
      if (n < 5) return without(400);
      throw new TypeError('fetch failed');
    }, rows);
    expect(sent).toBe(8);
    expect(of('fail')).toEqual([]);
    expect(said.at(-1)?.result).toBe('cannot-tell');
    expect(
      said.some(({ detail }) => detail === 'no response to 3 requests in a row: nothing more is sent'),
    ).toBe(true);
    expect(status).toBe(0);
  });

  test('a response between failures: the row alone cannot tell', async () => {
    const { said, sent } = await probing((_request, n) => {
      if (n % 3 === 2) throw new TypeError('fetch failed');
      return without(400);
    }, rows);
    expect(sent).toBeGreaterThan(12);
    expect(said.filter(({ detail }) => detail.includes('in a row'))).toEqual([]);
  });

  test('429 to everything: it waits at most three times', async () => {
    const wanting = async (after: string | null): Promise<readonly number[]> => {
      const headers: Record<string, string> = after === null ? {} : { 'retry-after': after };
      const { waits, status } = await probing(
        (_request, n) => (n < 2 ? without(400) : without(429, headers)),
        rows,
      );
      expect(status).toBe(3);
      return waits;
    };
    expect(await wanting('7')).toEqual([7, 7, 7]);
    expect(await wanting('86400')).toEqual([90, 90, 90]);
    expect(await wanting(null)).toEqual([60, 60, 60]);
    for (const odd of ['-5', '+5', '0x5', '1e1', '5.5', '', 'soon', 'Thu, 26 Nov 2026 22:00:00 GMT'])
      expect(await wanting(odd)).toEqual([60, 60, 60]);
  });

  test('429 to every other request: ends after ten minutes', async () => {
    const { waits, said } = await probing(
      (_request, n) => (n % 2 === 0 ? without(429, { 'retry-after': '90' }) : without(400)),
      rows,
    );
    expect(waits.length).toBeLessThanOrEqual(7);
    expect(said.map(({ detail }) => detail)).toContain('the limit of 10 minutes is reached');
  });
});

describe('probe: HTTP/1.0 and addresses', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  test('a server of HTTP/1.0, whose body ends with the connection: is read like any other', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nno'));
    });
    servers.push(server);
    await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
    const lines: string[] = [];
    const relay = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const argv = ['--relay', relay, '--section', '9458/5', '--section', '9458/5.2', '--json'];
    expect(await probe(argv, plainIo(fetch, lines), { sleep: async () => {} })).toBe(0);
    const said = lines.map((line) => JSON.parse(line) as Said);
    expect(said.filter(({ result }) => result === 'pass').map(({ id }) => id)).toEqual([
      '9458/5/1',
      '9458/5/2',
      '9458/5.2/1',
      '9458/5.2/2',
    ]);
  });

  test.each([
    ['https://[2001:db8::1]:8443/base', 'https://[2001:db8::1]:8443/base/ohttp'],
    ['http://[::1]:8787', 'http://[::1]:8787/ohttp'],
    ['HTTPS://RELAY.example', 'https://relay.example/ohttp'],
  ])('%s: envelopes go to %s', async (relay, url) => {
    const urls: string[] = [];
    await probing(
      (request) => {
        urls.push(request.url);
        return without(400);
      },
      ['--relay', relay, '--section', '9458/5.2/1'],
    );
    expect(urls[0]).toBe(url);
  });

  test('a scheme in capitals: has the pauses of https', async () => {
    const pauses: number[] = [];
    const sleep = async (seconds: number): Promise<void> => void pauses.push(seconds);
    const argv = ['--relay', 'HTTPS://relay.example', '--section', '9458/5.2/1'];
    const network: typeof fetch = async () => without(400);
    await probe(argv, plainIo(network, []), { sleep });
    expect(new Set(pauses)).toEqual(new Set([1 / 4]));
  });

  test.each([
    [['--relay', 'https://relay.example:99999'], 'is not an https URL'],
    [['--relay', 'https://[::1'], 'is not an https URL'],
    [['--relay', 'https://user:secret@relay.example'], 'is not an https URL'],
    [
      ['--relay', RELAY, '--header', 'authorization=Bearer \u2603'],
      '--header authorization: the value has a character',
    ],
    [
      ['--relay', RELAY, '--junit', '/nowhere/found.xml'],
      '--junit /nowhere/found.xml cannot be written (ENOENT)',
    ],
    [['--relay', RELAY, '--section', '9458/5.2/'], '--section 9458/5.2/ has no row'],
    [['--relay', RELAY, '--section', ''], 'has no row'],
  ])('%j: is wrong usage', async (argv, message) => {
    const refused = probing(() => without(400), argv);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });
});

test('probe --junit: writes a whole file though nothing was tested', async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'probe-')), 'found.xml');
  const { status } = await probing(
    () => without(400),
    ['--relay', RELAY, '--section', '9292', '--junit', file],
  );
  expect(status).toBe(3);
});
