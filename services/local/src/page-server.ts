import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import path from 'node:path';
import { pageFiles } from '@sotto/picker/page';
import type { Secrets } from './secrets.ts';
import type { TapReport } from './taps/taps.ts';
import { ROOT } from './worker-code.ts';
import type { PerService } from './workers.ts';

const CATALOGUE = path.join(ROOT, 'services/stickers/catalogue/built');

interface PageDeps {
  readonly urls: PerService<string>;
  readonly secrets: Secrets;
  readonly account: (name: string) => Promise<string>;
  readonly report: () => TapReport;
  readonly epochSeconds: number;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
];

/** Serves the demo page, and the routes that the page and the command line read from the local suite. */
export async function servePage(
  port: number,
  { urls, secrets, account, report, epochSeconds }: PageDeps,
): Promise<{ close(): Promise<void> }> {
  const files = await pageFiles({ catalogue: CATALOGUE });
  const connect = `connect-src 'self' ${urls.relay} ${urls.issuer}`;
  const policy = [...POLICY, connect].join('; ');
  const app = new Hono();
  app.get('/local.json', (c) =>
    c.json({
      ...urls,
      root: secrets.root,
      operatorToken: secrets.operatorToken,
      restSeconds: 0,
      epochSeconds,
    }),
  );
  app.post('/local/account', async (c) => {
    const name = c.req.query('name') ?? 'you@local';
    return c.json({ token: await account(name) });
  });
  app.get('/local/taps', (c) => c.json(report()));
  app.get('/health', (c) => c.body(null, 200));
  app.get('*', async (c) => {
    const file = await files(c.req.path);
    if (file === null) return c.body(null, 404);
    return c.body(file.body, 200, {
      'content-type': file.type,
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () =>
      resolve(listening as Server),
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
