import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { base64url } from '@sotto/wire';
import { expect, test } from 'vitest';
import { accountToken } from './support/account.ts';
import { blinded, draw, folder, INTERNAL_TOKEN, redeem, start } from './support/entry.ts';
import { ISSUER_VARIABLES } from './support/variables.ts';
import { random } from './support/wallet.ts';

test('issuer on Node: issues, redeems on the gateway’s listener, and continues after SIGKILL, restore and a cut file', async () => {
  const first = await start();
  const [a, b] = await draw(first, 'ada');
  expect(await redeem(first, a ?? random(1))).toBe('first');
  expect((await fetch(`${first.url}/redeem`, { method: 'POST', body: '{}' })).status).toBe(404);
  expect((await fetch(`${first.internal}/redeem`, { method: 'POST', body: '{}' })).status).toBe(404);
  expect((await fetch(`${first.internal}/health`)).status).toBe(404);
  const headers = { authorization: `Bearer ${INTERNAL_TOKEN}` };
  for (const body of ['', '{', '{}', 'null', JSON.stringify({ token: '!' }), 'x'.repeat(5000)]) {
    const response = await fetch(`${first.internal}/redeem`, { method: 'POST', headers, body });
    expect([200, 400, 413]).toContain(response.status);
    expect(await response.text()).not.toContain('first');
  }
  const schedule = (await (await fetch(`${first.internal}/schedule`, { headers })).json()) as {
    epochs: unknown[];
  };
  expect(schedule.epochs).toHaveLength(7);
  const directory = await (await fetch(`${first.url}/.well-known/private-token-issuer-directory`)).text();

  first.child.kill('SIGKILL');
  await first.ended;
  const second = await start();
  // I16: a killed process restarts with the directory that it had.
  expect(await (await fetch(`${second.url}/.well-known/private-token-issuer-directory`)).text()).toBe(
    directory,
  );
  expect(await redeem(second, a ?? random(1))).toBe('spent');
  expect(await redeem(second, b ?? random(1))).toBe('first');

  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);

  // RESTORED=1 retires the live keys: earlier tokens are refused from the first moment.
  const restored = await start({ RESTORED: '1' });
  expect(await redeem(restored, b ?? random(1))).toBe('invalid');
  restored.child.kill('SIGTERM');
  expect(await restored.ended).toBe(0);

  truncateSync(path.join(folder, 'issuer.sqlite'), 4096);
  const cut = await start();
  expect(await cut.ended).toBe(1);
  expect(cut.said()).toMatch(/^sotto issuer: .+\n$/);
}, 60_000);

test('X01 issuer on Node: on SIGTERM with 50 requests in flight, responds to all, accepts no new one and exits with 0', async () => {
  const running = await start({ STORE: path.join(folder, 'stopped.sqlite'), DRAIN_MS: '60000' });
  const { contentType, request: body } = await blinded(running);
  const bearers = await Promise.all(Array.from({ length: 50 }, (_, i) => accountToken(`account ${i}`)));
  const posts = bearers.map((bearer) => {
    const headers = {
      'content-type': contentType,
      authorization: `Bearer ${bearer}`,
      expect: '100-continue',
    };
    return request(`${running.url}/token-request`, { method: 'POST', agent: false, headers });
  });
  // The server has the head of each request, so the request is in flight, when it requests the body.
  const asked = posts.map(async (post) => {
    post.flushHeaders();
    await once(post, 'continue');
  });
  await Promise.all(asked);
  const answers = posts.map(async (post) => {
    post.end(body);
    const [response] = (await once(post, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  });
  running.child.kill('SIGTERM');
  const statuses = await Promise.all(answers);
  expect(statuses).toHaveLength(50);
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(statuses).toContain(200);
  expect(await running.ended).toBe(0);
  await expect(fetch(`${running.url}/health`)).rejects.toThrow('fetch failed');
}, 50_000); // less than DRAIN_MS, after which it would exit too

test('N59 issuer on Node: has TLS or refuses to listen beyond loopback, and operator routes only on their own listener', async () => {
  for (const [name, tls] of [
    ['HOST', 'TLS'],
    ['OPERATOR_HOST', 'TLS'],
    ['INTERNAL_HOST', 'INTERNAL_TLS'],
  ] as const) {
    const open = await start({ [name]: '0.0.0.0', STORE: path.join(folder, 'open.sqlite') });
    expect(await open.ended).toBe(1);
    expect(open.said()).toBe(
      `sotto issuer: ${name}: beyond loopback needs ${tls}_CERT_FILE and ${tls}_KEY_FILE, or BEHIND_TLS=true\n`,
    );
  }
  const { url, internal, operator, said, child, ended } = await start({
    STORE: path.join(folder, 'operator.sqlite'),
  });
  expect(said()).toBe(`ready ${url} operator ${operator}\n`);
  const headers = { authorization: `Bearer ${ISSUER_VARIABLES['OPERATOR_TOKEN']}` };
  for (const route of ['/operator/keys', '/operator/audit', '/metrics']) {
    expect((await fetch(url + route, { headers })).status).toBe(404);
    expect((await fetch(internal + route, { headers })).status).toBe(404);
    expect((await fetch(operator + route)).status).toBe(404);
    expect((await fetch(operator + route, { headers })).status).toBe(200);
  }
  expect((await fetch(`${operator}/token-request`, { method: 'POST', headers })).status).toBe(404);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('N47 issuer on Node: a port in use is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { ended, said } = await start({ OPERATOR_PORT: `${port}`, STORE: path.join(folder, 'taken.sqlite') });
  expect(await ended).toBe(1);
  expect(said()).toBe(
    `sotto issuer: 127.0.0.1:${port}: another process listens there. Stop it, or set another port (EADDRINUSE)\n`,
  );
  taken.close();
});

test('K01 K02 issuer on Node: with a wrong configuration, exits with one line that contains no value', async () => {
  const canary = 'canary-5f1d';
  for (const [variable, value] of [
    ['ACCOUNT_KEY', canary],
    ['SERVICES', `[{"name":"${canary}"}]`],
    ['INTERNAL_TOKEN', canary],
    ['STORE', path.join(folder, canary, 'none.sqlite')],
  ] as const) {
    const { ended, said } = await start({ [variable]: value });
    expect(await ended).toBe(1);
    expect(said()).toMatch(/^sotto issuer: [^\n]+\n$/);
    expect(said()).not.toContain(canary);
  }
}, 60_000);

test('N58 issuer on Node: with another name, epoch length or wrapping key than its store was begun with, exits with one line', async () => {
  const STORE = path.join(folder, 'begun.sqlite');
  const first = await start({ STORE });
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  for (const [name, value] of [
    ['ISSUER_NAME', 'other.example'],
    ['EPOCH_SECONDS', '3600'],
    ['KEY_WRAPPING_KEY', base64url(random(32))],
  ] as const) {
    const changed = await start({ STORE, [name]: value });
    expect(await changed.ended).toBe(1);
    expect(changed.said()).toMatch(new RegExp(`^sotto issuer: ${name}: [^\\n]+\\n$`));
    expect(changed.said()).not.toContain(value);
  }
}, 60_000);

test('N52 issuer on Node: after its wrapping key was lost, says so, and starts with KEYS_LOST=1 and from then on without', async () => {
  const STORE = path.join(folder, 'lost.sqlite');
  const KEY_WRAPPING_KEY = base64url(random(32));
  const stop = async ({ child, ended }: Awaited<ReturnType<typeof start>>): Promise<void> => {
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  };
  const first = await start({ STORE });
  const [token = random(1)] = await draw(first, 'ada');
  await stop(first);
  const refused = await start({ STORE, KEY_WRAPPING_KEY });
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toContain('or KEYS_LOST=1 if that is lost');
  for (const more of [{ KEYS_LOST: '1' }, {}]) {
    const running = await start({ STORE, KEY_WRAPPING_KEY, ...more });
    expect(running.said()).toMatch(/^ready /);
    expect(await redeem(running, token)).toBe('invalid');
    await stop(running);
  }
}, 60_000);

test('N32 issuer on Node: at the start, prints one line for a jwksUrl that cannot work, and serves', async () => {
  const accounts = createServer((incoming, response) => {
    response.statusCode = incoming.url === '/jwks' ? 200 : 404;
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  await once(accounts, 'listening');
  const { port } = accounts.address() as AddressInfo;
  const attester = { issuer: 'https://a.example', audience: 'a', jwksUrl: `http://127.0.0.1:${port}/jwks/` };
  const { child, ended, said, url } = await start({
    LOCAL: 'true',
    ATTESTERS: JSON.stringify([attester]),
    STORE: path.join(folder, 'jwks.sqlite'),
  });
  // The check runs after the ready line, and takes more than a second on a busy machine.
  while (!/jwksUrl.*\n/.test(said())) await once(child.stderr ?? child, 'data');
  expect(said()).toMatch(
    /\nsotto issuer: ATTESTERS\[0\]\.jwksUrl: the address responds with 404 [^\n]*final slash[^\n]*\n$/,
  );
  expect((await fetch(`${url}/health`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  accounts.close();
});

test('X04 issuer on Node: keeps serving when stdout and stderr are closed', async () => {
  const running = await start({ STORE: path.join(folder, 'epipe.sqlite') });
  running.child.stdout?.destroy();
  running.child.stderr?.destroy();
  await draw(running, 'ada');
  expect((await fetch(`${running.url}/health`)).status).toBe(200);
  running.child.kill('SIGTERM');
  expect(await running.ended).toBe(0);
});
