import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { LocalSuite } from './suite.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Serves a built page with a strict policy, `/suite.json`, and `/account`, which an app's own server has. */
export async function serveSite(
  folder: string,
  suite: LocalSuite,
): Promise<{ url: string; close: () => void }> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    'img-src data: blob:',
    `connect-src 'self' ${suite.relay} ${suite.issuer}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const bodyOf = async (at: string): Promise<string | Uint8Array> => {
    if (at === '/suite.json') return JSON.stringify(suite);
    if (at !== '/account') return readFile(path.join(folder, at === '/' ? 'index.html' : at));
    const account = `${suite.page}/local/account?name=${path.basename(folder)}@local`;
    return (await fetch(account, { method: 'POST' })).text();
  };
  const server = createServer((request, response) => {
    const at = new URL(request.url ?? '/', 'http://site.test').pathname;
    void bodyOf(at).then(
      (body) =>
        response
          .writeHead(200, {
            'content-type': TYPES[at === '/' ? '.html' : path.extname(at)] ?? 'application/json',
            'content-security-policy': policy,
          })
          .end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, close: () => void server.close() };
}
