import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servePage } from '../src/page-server.ts';
import { freePorts } from '../src/ports.ts';
import { EMPTY_PAGE } from './support/page.ts';

const OPERATOR_TOKEN = 'operator-token-of-the-test';
const DEVELOPED = 'http://localhost:5173'; // of a page that a developer named
let port: number;
let close: () => Promise<void>;

beforeAll(async () => {
  port = await freePorts();
  const server = await servePage(port, {
    ...EMPTY_PAGE,
    secrets: { root: 'root', operatorToken: OPERATOR_TOKEN },
    account: async (name) => `token of ${name}`,
    policy: 'the policy',
    origins: [DEVELOPED],
  });
  close = () => server.close();
});
afterAll(() => close());

/** A request with header fields that fetch would not send. */
function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: string; allowed: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => {
        const allowed = response.headers['access-control-allow-origin'];
        resolve({ status: response.statusCode ?? 0, body, allowed });
      });
    });
    sent.once('error', reject).end();
  });
}

const ROUTES = [
  ['GET', '/'],
  ['GET', '/local.json'],
  ['GET', '/local/taps'],
  ['POST', '/local/account?name=you@local'],
  ['GET', '/health'],
] as const;

describe('N16 page server of npm start', () => {
  test.each(ROUTES)(
    'N16 %s %s: is refused with 421 for a Host that is not loopback',
    async (method, path) => {
      const foreign = [
        'evil.example',
        `evil.example:${port}`,
        '127.0.0.1.evil.example',
        '0.0.0.0',
        '192.168.1.9',
        'localhost.evil.example',
      ];
      for (const host of foreign) {
        const { status, body } = await send(method, path, { host });
        expect([host, status]).toEqual([host, 421]);
        expect(body).not.toContain('token of');
        expect(body).toContain('http://127.0.0.1');
      }
    },
  );

  test.each(ROUTES)('N16 %s %s: is served for loopback hosts', async (method, path) => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect([host, (await send(method, path, { host })).status]).toEqual([host, 200]);
    }
  });

  test('N16 tokens and the last query are refused to a page of another origin', async () => {
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: `http://localhost:${port + 1}`, 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      for (const [method, path] of ROUTES.slice(1, 4)) {
        const { status, body } = await send(method, path, headers as Record<string, string>);
        expect([headers, path, status]).toEqual([headers, path, 403]);
        expect(body).not.toContain('token of');
      }
    }
  });

  test('N16 a page that the developer named reads configuration and account tokens, and nothing else', async () => {
    const headers = { origin: DEVELOPED, 'sec-fetch-site': 'cross-site', 'x-sotto-cli': '1' };
    const answers = await Promise.all(
      ROUTES.slice(1, 4).map(([method, path]) => send(method, path, headers)),
    );
    expect(answers.map(({ status, allowed }) => [status, allowed])).toEqual([
      [200, DEVELOPED],
      [403, undefined],
      [200, DEVELOPED],
    ]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ root: 'root', restSeconds: 0 });
    expect(answers[0]?.body).not.toContain(OPERATOR_TOKEN);
    expect(JSON.parse(answers[2]?.body ?? '')).toEqual({ token: 'token of you@local' });
    for (const origin of [
      'http://localhost:5174',
      'https://localhost:5173',
      'http://localhost:5173.evil.example',
    ]) {
      expect((await send('GET', '/local.json', { ...headers, origin })).status).toBe(403);
    }
  });

  test('N16 the operator token is given to the command line, and to no browser', async () => {
    const cli = { 'x-sotto-cli': '1' };
    const local = async (headers: Record<string, string>) => (await send('GET', '/local.json', headers)).body;
    expect(JSON.parse(await local(cli))).toMatchObject({ operatorToken: OPERATOR_TOKEN, root: 'root' });
    expect(await local({})).not.toContain(OPERATOR_TOKEN);
    expect(await local({ 'sec-fetch-site': 'same-origin' })).not.toContain(OPERATOR_TOKEN);
    expect(await local({ ...cli, 'sec-fetch-site': 'same-origin' })).not.toContain(OPERATOR_TOKEN);
  });
});
