import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { servePage } from '../src/page-server.ts';
import { freePorts } from '../src/ports.ts';
import { EMPTY_PAGE } from './support/page.ts';

let port: number;
let close: () => Promise<void>;

beforeAll(async () => {
  port = await freePorts();
  const server = await servePage(port, EMPTY_PAGE);
  close = () => server.close();
});
afterAll(() => close());

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Every value of a header field, in its order. */
  readonly all: (name: string) => string[];
}

function send(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const { rawHeaders, statusCode = 0 } = response;
        const all = (name: string): string[] =>
          rawHeaders.filter((_value, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
        resolve({ status: statusCode, body: Buffer.concat(parts), all });
      });
    });
    sent.once('error', reject).end();
  });
}

const digest = (algorithm: string, body: Buffer): string =>
  createHash(algorithm).update(body).digest('base64');

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
}

const EVERY: Asked[] = [
  { method: 'GET', path: '/', status: 200 },
  { method: 'GET', path: '/page.js', status: 200 },
  { method: 'GET', path: '/page.css', status: 200 },
  { method: 'GET', path: '/local.json', status: 200 },
  { method: 'GET', path: '/health', status: 200 },
  { method: 'GET', path: '/nothing', status: 404 },
  { method: 'POST', path: '/', status: 404 },
  { method: 'GET', path: '/', status: 421, headers: { host: 'evil.example' } },
  { method: 'GET', path: '/local.json', status: 403, headers: { origin: 'https://evil.example' } },
];

describe('WEBCAT rules of the page', () => {
  test.each(EVERY)(
    '$method $path, $status: one policy, no Link, and no-transform',
    async ({ method, path, status, headers }) => {
      const answer = await send(method, path, headers);
      expect(answer.status).toBe(status);
      const [policy = '', ...more] = answer.all('content-security-policy');
      expect(more).toEqual([]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toMatch(/unsafe|https?:\/\/\*|script-src[^;]*(?:data:|blob:|\*)/);
      expect(answer.all('link')).toEqual([]);
      expect(answer.all('cache-control')).toEqual(['no-store, no-transform']);
      // No route redirects. A future redirect may only name a path of its own.
      expect(answer.all('location').filter((where) => !/^\/[^/]/.test(where))).toEqual([]);
      expect(answer.all('integrity-policy-waict-v1')).toEqual([
        expect.stringMatching(/^max-age=0, mode=report, manifest="\/waict-[0-9a-f]{64}\.json"$/),
      ]);
    },
  );

  test('the page has no inline script, style or handler, and loads nothing from elsewhere', async () => {
    const html = (await send('GET', '/')).body.toString();
    expect(html.match(/<script\b[^>]*>/g)).toHaveLength(1);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon[a-z]+="|\bstyle="|javascript:/i);
    expect(html).not.toMatch(/<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?\/\//);
  });

  test('its script and styles have integrity attributes that match the served files', async () => {
    const html = (await send('GET', '/')).body.toString();
    const loaded = Array.from(
      html.matchAll(/(?:src|href)="(\/[^"]+)" integrity="([^"]+)"/g),
      ([, url = '', integrity = '']) => ({ url, integrity }),
    );
    expect(loaded.map(({ url }) => url)).toEqual(['/page.css', '/exchange.css', '/page.js']);
    for (const { url, integrity } of loaded)
      expect(`sha384-${digest('sha384', (await send('GET', url)).body)}`).toBe(integrity);
  });
});

describe('WAICT manifest of the page', () => {
  async function manifest(): Promise<{ body: Buffer; path: string; hashes: Record<string, string> }> {
    const [value = ''] = (await send('GET', '/')).all('integrity-policy-waict-v1');
    const [, path = ''] = /manifest="([^"]+)"/.exec(value) ?? [];
    const { body } = await send('GET', path);
    const [json = '', proof, ...rest] = body.toString().split('\n');
    expect([proof, ...rest]).toEqual(['', '']); // an empty proof
    return { body, path, hashes: (JSON.parse(json) as { hashes: Record<string, string> }).hashes };
  }

  test('its file name is its hash', async () => {
    const { body, path } = await manifest();
    expect(path).toBe(`/waict-${createHash('sha256').update(body).digest('hex')}.json`);
  });

  test('has the hashes of all files that the page can load', async () => {
    const { hashes } = await manifest();
    const urls = Object.keys(hashes);
    for (const url of ['/', '/page.js', '/page.css', '/sotto.js', '/engine.js', '/stickers.json'])
      expect(urls).toContain(url);
    const modules = await Promise.all(
      urls.filter((url) => url.endsWith('.js')).map(async (url) => (await send('GET', url)).body.toString()),
    );
    const parts = modules.flatMap((text) => text.match(/part-[A-Z0-9]+\.js/g) ?? []);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.filter((part) => !urls.includes(`/${part}`))).toEqual([]);
    for (const [url, hash] of Object.entries(hashes))
      expect([url, digest('sha256', (await send('GET', url)).body)]).toEqual([url, hash]);
  });
});
