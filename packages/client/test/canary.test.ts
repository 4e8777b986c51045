import { expect, test } from 'vitest';
import { inspect } from 'node:util';
import { base64url } from '@sotto/wire';
import { ClientError, memoryWallet } from '../src/index.ts';
import { field, found, inner } from './support/gateway.ts';
import { DAY, World, type Sent } from './support/world.ts';

const QUERY = 'canary of a query';
const ACCOUNT = 'account.jwt.canary';
type Answer = Awaited<ReturnType<World['intercept']>>;

/** Every encoding in which a word could appear. */
const forms = (word: string): string[] => [
  word,
  encodeURIComponent(word),
  Buffer.from(word).toString('hex'),
  Buffer.from(word).toString('base64').replace(/=+$/, ''),
  Buffer.from(word).toString('base64url'),
];

const told = (error: unknown): string => {
  const deep = inspect(error, { depth: Infinity, showHidden: true, getters: true });
  const { cause, stack } = error as Error;
  return [deep, JSON.stringify(error), String(error), String(cause), stack].join('\n');
};

const broken = (status: number, type: string, text: string): Answer => ({
  status,
  type,
  body: new TextEncoder().encode(text),
});

/** Every fault, as a response in place of the correct one. */
const TROUBLE: readonly ((sent: Sent) => Answer | never)[] = [
  () => {
    throw new TypeError(`fetch failed: ${QUERY} ${ACCOUNT}`);
  },
  () => broken(500, 'text/plain', `${QUERY} ${ACCOUNT}`),
  () => broken(200, 'text/html', `${QUERY} ${ACCOUNT}`),
  () => broken(400, 'application/problem+json', `{"code":"${QUERY}","detail":"${ACCOUNT}"}`),
  () =>
    broken(
      401,
      'application/problem+json',
      '{"type":"https://iana.org/assignments/http-problem-types#ohttp-key"}',
    ),
  () => broken(429, '', QUERY),
  () => broken(200, 'message/ohttp-res', QUERY),
];

test('L18 errors contain no query, token or account in any encoding, at any depth of the object', async () => {
  const errors: unknown[] = [];
  const secrets = [...forms(QUERY), ...forms(ACCOUNT)];
  const caught = async (promise: Promise<unknown>): Promise<void> => {
    await promise.catch((error: unknown) => errors.push(error));
  };
  for (const place of ['/bundle', '/token-request', '/ohttp']) {
    for (const trouble of TROUBLE) {
      const world = await World.create();
      const client = world.client({ restSeconds: 0 });
      world.intercept = (sent) => (sent.url.endsWith(place) ? trouble(sent) : null);
      await caught(client.search(QUERY));
      await caught(client.refill());
    }
  }
  const world = await World.create();
  const wallet = memoryWallet();
  const client = world.client({ wallet, restSeconds: 0 });
  await client.refill();
  const tokens = await wallet.update((state) => state.tokens.map(({ token }) => token));
  for (const token of tokens)
    secrets.push(base64url(token).slice(0, 60), Buffer.from(token).toString('hex').slice(0, 60));
  for (const code of ['spent', 'replayed', 'date', 'token-invalid', QUERY]) {
    world.gateway.refuse = (request) => inner(409, code, [['x-echo', field(request, 'authorization')]]);
    await caught(client.search(QUERY));
  }
  world.gateway.refuse = () => null;
  world.gateway.service = (request) => ({ status: 200, content: request.content });
  await caught(client.search(QUERY));
  world.gateway.service = () => found({ results: [{ id: QUERY }] });
  await caught(client.search(QUERY));
  await caught(client.search(`${QUERY} `.repeat(20)));
  await caught(
    client.request('stickers', { method: QUERY, path: QUERY, contentType: QUERY, content: new Uint8Array() }),
  );
  await caught(
    client.request(QUERY, { method: 'GET', path: '/', contentType: 'a/b', content: new Uint8Array() }),
  );
  world.now += 5 * DAY;
  world.issuer.quota = 0;
  await caught(client.search(QUERY));

  expect(errors.length).toBeGreaterThan(35);
  expect(errors.filter((error) => !(error instanceof ClientError))).toEqual([]);
  const texts = errors.map(told);
  expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([]);
  const codes = new Set(errors.map((error) => (error as ClientError).code));
  expect(codes.size).toBeGreaterThan(12);
});

test('the scan finds a query in the cause of an error', () => {
  const error = new Error('failed', { cause: new TypeError(`at /search?q=${QUERY}`) });
  expect(forms(QUERY).some((form) => told(error).includes(form))).toBe(true);
});

test('writes nothing to the console', async () => {
  const world = await World.create();
  const written: unknown[] = [];
  const kept = { ...console };
  for (const name of ['log', 'warn', 'error', 'info', 'debug'] as const) {
    console[name] = (...words: unknown[]) => void written.push(words);
  }
  try {
    const client = world.client({ restSeconds: 0 });
    await client.search(QUERY);
    world.gateway.refuse = () => inner(409, 'spent');
    await client.search(QUERY).catch(() => {});
  } finally {
    Object.assign(console, kept);
  }
  expect(written).toEqual([]);
});
