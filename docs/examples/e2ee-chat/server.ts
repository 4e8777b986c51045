import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { build } from 'esbuild';

const SOURCES = path.join(import.meta.dirname, 'src');
const HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

interface Config {
  readonly relay: string;
  readonly issuer: string;
  readonly root: string;
  readonly restSeconds: number;
}

/** The app's own server: it serves the page, and it is the one that knows who is signed in. */
export async function serveChat(suite: string, port: number): Promise<Server> {
  const { relay, issuer, root, restSeconds } = (await (await fetch(`${suite}/local.json`)).json()) as Config;
  const { outputFiles } = await build({
    entryPoints: [path.join(SOURCES, 'chat.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    external: ['@hpke/chacha20poly1305', '@hpke/dhkem-x448', '@hpke/hybridkem-x-wing', '@hpke/ml-kem'],
  });
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ${relay} ${issuer}`;
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': ['text/html', await readFile(path.join(SOURCES, 'index.html'), 'utf8')],
    '/chat.css': ['text/css', await readFile(path.join(SOURCES, 'chat.css'), 'utf8')],
    '/chat.js': ['text/javascript', outputFiles[0]?.text ?? ''],
    '/config': ['application/json', JSON.stringify({ relay, issuer, root, restSeconds })],
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://chat.invalid');
    const send = (status: number, type: string, body: string): void => {
      const headers = { ...HEADERS, 'content-type': `${type}; charset=utf-8` };
      response.writeHead(status, { ...headers, 'content-security-policy': policy }).end(body);
    };
    if (request.method === 'POST' && url.pathname === '/account') {
      accountToken(suite, url.searchParams.get('name') ?? '').then(
        (token) => send(200, 'text/plain', token),
        () => send(503, 'text/plain', ''),
      );
      return;
    }
    const [type, body] = files[url.pathname] ?? [];
    if (type === undefined || body === undefined) send(404, 'text/plain', '');
    else send(200, type, body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

/** Your app returns a token of the signed-in user. Here the development attester of the local suite makes one for any name. */
async function accountToken(suite: string, name: string): Promise<string> {
  const account = `${encodeURIComponent(name || 'somebody')}@chat`;
  const response = await fetch(`${suite}/local/account?name=${account}`, { method: 'POST' });
  return ((await response.json()) as { token: string }).token;
}

if (import.meta.main) {
  const suite = process.env['SOTTO'] ?? 'http://127.0.0.1:8805';
  const port = Number(process.env['PORT'] ?? 8810);
  await serveChat(suite, port);
  console.log(`Open http://127.0.0.1:${port}/ in two tabs.`);
}
