import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import path from 'node:path';
import { pageFiles } from '@sotto/picker/page';
import type { Secrets } from './secrets.ts';
import type { TapReport } from './taps/taps.ts';
import { ROOT } from './worker-code.ts';
import type { PerService } from './workers.ts';

const CATALOGUE = path.join(ROOT, 'services/stickers/catalogue/built');

interface PageDeps {
  readonly urls: PerService<string>;
  /** The policy of the log that has the bundles; null when there is no log. */
  readonly policy: string | null;
  readonly secrets: Pick<Secrets, 'root' | 'operatorToken'>;
  readonly account: (name: string) => Promise<string>;
  readonly report: (since: number) => TapReport;
  readonly epochSeconds: number;
  /** Origins of a developer's own pages, which may read the configuration and account tokens. */
  readonly origins: readonly string[];
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
];
const WRONG_HOST =
  'This server serves only http://127.0.0.1 and http://localhost, so that a web page elsewhere cannot read it by a name of its own.';
const OTHER_ORIGIN =
  'This route is for the page of this server and for programs. For a page of your own, start with: npm start -- --origin http://localhost:5173';
const FOR_DEVELOPERS = new Set(['/local.json', '/local/account']);

/** Whether the Host field names this machine. A page behind a name that resolves to it (DNS rebinding) sends that name. */
const isLoopbackHost = (host = ''): boolean => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host);

/** Whether a browser sent the request for a page of another origin (Fetch Metadata, RFC 6454). */
function isForeign(c: Context): boolean {
  const site = c.req.header('sec-fetch-site') ?? 'none';
  const origin = c.req.header('origin');
  const isOwn = origin === undefined || origin === `http://${c.req.header('host')}`;
  return !isOwn || !['none', 'same-origin'].includes(site);
}

/** Whether the command line sent the request. A browser always adds Fetch Metadata, and scripts cannot remove it. */
const isCommandLine = (c: Context): boolean =>
  c.req.header('x-sotto-cli') === '1' && c.req.header('sec-fetch-site') === undefined;

/** Serves the demo page, and the routes that the page and the command line read from the local suite. */
export async function servePage(port: number, deps: PageDeps): Promise<{ close(): Promise<void> }> {
  const { urls, secrets, policy, account, report, epochSeconds, origins } = deps;
  const page = await pageFiles({ catalogue: CATALOGUE });
  const contentPolicy = [...POLICY, `connect-src 'self' ${urls.relay} ${urls.issuer}`].join('; ');
  const app = new Hono();
  // On every response, refusals included: WEBCAT wants one policy everywhere, and nothing that a proxy may change.
  app.use(async (c, next) => {
    await next();
    c.res.headers.set('content-security-policy', contentPolicy);
    c.res.headers.set('integrity-policy-waict-v1', page.integrity);
    c.res.headers.set('cache-control', 'no-store, no-transform');
  });
  app.use(async (c, next) => {
    if (!isLoopbackHost(c.req.header('host'))) return c.text(WRONG_HOST, 421);
    const origin = c.req.header('origin') ?? '';
    if (origins.includes(origin) && FOR_DEVELOPERS.has(c.req.path)) {
      c.header('access-control-allow-origin', origin);
      c.header('vary', 'origin');
    } else if (c.req.path.startsWith('/local') && isForeign(c)) {
      return c.text(OTHER_ORIGIN, 403);
    }
    return next();
  });
  app.get('/local.json', (c) => {
    const pinned = { root: secrets.root, ...(policy !== null && { policy }) };
    const shared = { ...urls, ...pinned, restSeconds: 0, epochSeconds };
    return c.json(isCommandLine(c) ? { ...shared, operatorToken: secrets.operatorToken } : shared);
  });
  app.post('/local/account', async (c) => {
    const name = c.req.query('name') ?? 'you@local';
    return c.json({ token: await account(name) });
  });
  app.get('/local/taps', (c) => c.json(report(Number(c.req.query('since')) || 0)));
  app.get('/health', (c) => c.body(null, 200));
  app.get('*', async (c) => {
    const file = await page.find(c.req.path);
    if (file === null) return c.body(null, 404);
    return c.body(file.body, 200, {
      'content-type': file.type,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(file.shared && { 'access-control-allow-origin': '*' }),
    });
  });
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = serve(
      { fetch: app.fetch, hostname: '127.0.0.1', port, overrideGlobalObjects: false },
      () => resolve(listening as Server),
    );
    listening.once('error', reject);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
