import { describe, expect, test } from 'vitest';
import { memoryWallet, NotSentError, type Attempt, type ClientError } from '../src/index.ts';
import { field, inner, OHTTP_KEY } from './support/gateway.ts';
import { problem as problemOf } from './support/issuer.ts';
import { bytesOf, START, World } from './support/world.ts';

const OHTTP = 'https://relay.example/ohttp';
const authorizations = (world: World): string[] =>
  world.gateway.seen.map((request) => field(request, 'authorization'));

/** The error of a promise that must fail. */
async function failure(promise: Promise<unknown>): Promise<ClientError> {
  return promise.then(
    () => expect.unreachable('must fail'),
    (error: unknown) => error as ClientError,
  );
}

async function prepared(more = {}) {
  const world = await World.create();
  const wallet = memoryWallet();
  const client = world.client({ wallet, restSeconds: 0, ...more });
  await client.refill();
  return { world, wallet, client };
}

/** The gateway handles the request and its response is lost. */
function loseAnswers(world: World): void {
  world.intercept = async ({ url, init }) => {
    if (url !== OHTTP) return null;
    await world.gateway.handle(bytesOf(init));
    throw new TypeError('fetch failed');
  };
}

/** Makes the gateway refuse dates, with a different clock. */
function refuseDate(world: World, gatewayNow: number): void {
  world.gateway.refuse = (request) => {
    const skew = Math.abs(Date.parse(field(request, 'date')) / 1000 - gatewayNow);
    if (skew <= 900) return null;
    return inner(400, 'date', [['date', new Date(gatewayNow * 1000).toUTCString()]]);
  };
}

describe('retries', () => {
  test('the client sends nothing again by itself', async () => {
    const { world, client } = await prepared();
    loseAnswers(world);
    await failure(client.search('cat'));
    expect(world.urls().filter((url) => url === OHTTP)).toHaveLength(1);
  });

  test('a retry sends the same token and request in another envelope', async () => {
    const { world, client } = await prepared();
    loseAnswers(world);
    const { attempt, code } = await failure(client.search('cat', { locale: 'en' }));
    expect(code).toBe('relay-unreachable');
    world.intercept = () => null;
    const { results } = await client.retrySearch(attempt as Attempt);
    expect(results).toHaveLength(1);
    const [one, two] = world.gateway.seen;
    expect(one?.content).toEqual(two?.content);
    expect(new Set(authorizations(world)).size).toBe(1);
    const [first, second] = world.gateway.envelopes.map((bytes) =>
      Buffer.from(bytes.subarray(7, 1127)).toString('hex'),
    );
    expect(first).not.toBe(second); // enc: another HPKE context (RFC 9458 §6.5.2)
    expect(world.issuer.spent.size).toBe(1);
  });

  test('a request is retried at most twice', async () => {
    const { world, client } = await prepared();
    loseAnswers(world);
    const first = await failure(client.search('cat'));
    const second = await failure(client.retry(first.attempt as Attempt));
    const third = await failure(client.retry(second.attempt as Attempt));
    expect(third).toMatchObject({ code: 'relay-unreachable', attempt: null });
    expect(await failure(client.retry(second.attempt as Attempt))).toMatchObject({ code: 'attempt-over' });
    expect(world.gateway.envelopes).toHaveLength(3);
    expect(new Set(authorizations(world)).size).toBe(1);
  });

  test('a settled or forged attempt throws attempt-over', async () => {
    const { world, client } = await prepared();
    loseAnswers(world);
    const { attempt } = await failure(client.search('cat'));
    world.intercept = () => null;
    await client.retrySearch(attempt as Attempt);
    expect(await failure(client.retry(attempt as Attempt))).toMatchObject({ code: 'attempt-over' });
    expect(await failure(client.retry({ id: 'forged' }))).toMatchObject({ code: 'attempt-over' });
  });

  test('after a reload the attempt’s id works for the same request only', async () => {
    const { world, wallet, client } = await prepared();
    loseAnswers(world);
    const { attempt } = await failure(client.search('cat'));
    const id = attempt?.id ?? '';
    world.intercept = () => null;
    const reloaded = world.client({ wallet, restSeconds: 0 });
    expect(await failure(reloaded.search('dog', { attempt: id }))).toMatchObject({ code: 'attempt-over' });
    await reloaded.search('cat', { attempt: id });
    expect(new Set(authorizations(world)).size).toBe(1);
  });

  test('after a reload the token of a failed attempt is used for no other request', async () => {
    const { world, wallet, client } = await prepared();
    loseAnswers(world);
    await failure(client.search('cat'));
    world.intercept = () => null;
    const reloaded = world.client({ wallet, restSeconds: 0 });
    for (let i = 0; i < 29; i++) await reloaded.search(`dog ${i}`);
    expect(await failure(reloaded.search('one more'))).toMatchObject({ code: 'no-tokens' });
    expect(new Set(authorizations(world)).size).toBe(30);
  });

  test('the token leaves the pool, durably, before the envelope is sent', async () => {
    const { world, wallet, client } = await prepared();
    const seen: number[] = [];
    world.intercept = async ({ url }) => {
      if (url === OHTTP)
        seen.push(await wallet.update((state) => state.tokens.length + 100 * state.pending.length));
      return null;
    };
    await client.search('cat');
    expect(seen).toEqual([129]);
    expect(await wallet.update(({ tokens, pending }) => [tokens.length, pending.length])).toEqual([29, 0]);
  });
});

describe('a token that was never sent', () => {
  test('no connection to the relay: the token returns to the pool, for any request', async () => {
    const { world, wallet, client } = await prepared();
    world.intercept = ({ url }) => {
      if (url === OHTTP) throw new NotSentError('no connection');
      return null;
    };
    for (let i = 0; i < 40; i++) {
      const error = await failure(client.search(`cat ${i}`));
      expect(error).toMatchObject({ code: 'relay-unreachable', attempt: null });
    }
    expect(await wallet.update(({ tokens, pending }) => [tokens.length, pending.length])).toEqual([30, 0]);
    world.intercept = () => null;
    await client.search('dog');
  });

  test('no connection at a retry: the token may have been sent by the first try, and is not put back', async () => {
    const { world, wallet, client } = await prepared();
    loseAnswers(world);
    const { attempt } = await failure(client.search('cat'));
    world.intercept = ({ url }) => {
      if (url === OHTTP) throw new NotSentError('no connection');
      return null;
    };
    const again = await failure(client.retry(attempt as Attempt));
    expect(again.attempt).not.toBeNull();
    expect(await wallet.update(({ tokens, pending }) => [tokens.length, pending.length])).toEqual([29, 1]);
  });

  test('a bundle whose suite is not supported: the token returns to the pool', async () => {
    const { world, wallet } = await prepared();
    const { hpke } = world.gateway;
    const client = world.client({ wallet, restSeconds: 0, hpke: { ...hpke, aeads: [] } });
    expect(await failure(client.search('cat'))).toMatchObject({ code: 'bundle-refused', attempt: null });
    expect(await wallet.update(({ tokens, pending }) => [tokens.length, pending.length])).toEqual([30, 0]);
  });
});

describe('gateway and relay errors', () => {
  test.each([
    ['spent', 409, 'spent', false],
    ['replayed', 409, 'replayed', true],
    ['token-invalid', 401, 'token-refused', false],
    ['token-required', 401, 'token-refused', false],
    ['bad-gateway', 502, 'service-unavailable', true],
    ['unavailable', 503, 'service-unavailable', true],
    ['bad-request', 400, 'request-refused', false],
    ['too-many-requests', 429, 'too-many-requests', false],
  ])('gateway problem %s', async (problem, status, code, again) => {
    const { world, wallet, client } = await prepared();
    world.gateway.refuse = () => inner(status, problem);
    const error = await failure(client.search('cat'));
    expect(error.code).toBe(code);
    expect(error.attempt !== null).toBe(again);
    expect(error.advice).toMatch(/\w{4,}/);
    expect(await wallet.update(({ pending }) => pending.length)).toBe(again ? 1 : 0);
  });

  test.each([
    ['spent', 409],
    ['token-invalid', 401],
    ['date', 400],
    ['replayed', 409],
  ])('N17 a service that sends %s is not mistaken for the gateway', async (code, status) => {
    const { world, wallet, client } = await prepared();
    const { body, type } = problemOf(status, code);
    world.gateway.service = () => ({ status, type, content: body });
    expect(await failure(client.search('cat'))).toMatchObject({ code: 'service-refused', attempt: null });
    expect((await client.fetch('https://stickers/x')).status).toBe(status);
    expect(await wallet.update(({ tokens }) => tokens.length)).toBe(28);
  });

  test('N17 a 5xx of the service itself: search may be retried, fetch returns it', async () => {
    const { world, client } = await prepared();
    world.gateway.service = () => ({ status: 503, content: new Uint8Array(0) });
    const { code, attempt } = await failure(client.search('cat'));
    expect([code, attempt === null]).toEqual(['service-unavailable', false]);
    expect((await client.fetch('https://stickers/x')).status).toBe(503);
    world.gateway.refuse = () => inner(502, 'bad-gateway');
    await expect(client.fetch('https://stickers/x')).rejects.toMatchObject({ code: 'service-unavailable' });
  });

  test('a response of another length, or that does not open, throws answer-unreadable', async () => {
    const { world, client } = await prepared();
    const alter = (change: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): void => {
      world.intercept = async ({ url, init }) => {
        if (url !== OHTTP) return null;
        const answer = await world.gateway.handle(bytesOf(init));
        return { ...answer, body: change(answer.body) };
      };
    };
    alter((body) => body.subarray(1));
    expect(await failure(client.search('cat'))).toMatchObject({ code: 'answer-unreadable' });
    alter((body) => body.map((byte, i) => (i === 100 ? byte ^ 1 : byte)));
    expect(await failure(client.search('cat'))).toMatchObject({ code: 'answer-unreadable' });
    world.intercept = () => null;
    world.gateway.responseLength += 1;
    expect(await failure(client.search('cat'))).toMatchObject({ code: 'answer-unreadable' });
    world.gateway.responseLength -= 1;
  });

  test('relay responses 429, 5xx, an HTML page and a redirect: the error code of each', async () => {
    const { world, client } = await prepared();
    const codes: string[] = [];
    const keyGone = problemOf(400, 'ohttp-key', OHTTP_KEY).body;
    for (const [status, type, body] of [
      [429, '', new Uint8Array()],
      [502, '', new Uint8Array()],
      [400, 'application/problem+json', new Uint8Array()],
      [200, 'text/html', new Uint8Array()],
      [400, 'text/html', keyGone],
      [500, 'application/problem+json', keyGone],
      [302, '', new Uint8Array()],
    ] as const) {
      world.intercept = ({ url }) => (url === OHTTP ? { status, type, body } : null);
      codes.push((await failure(client.search('cat'))).code);
    }
    expect(codes).toEqual([
      'too-many-requests',
      'relay-failed',
      'relay-failed',
      'relay-failed',
      'relay-failed',
      'relay-failed',
      'relay-unreachable',
    ]);
  });
});

describe('RFC 9458 §6.5.2 clock-wrong', () => {
  test('one retry carries the gateway’s date, and later requests do not', async () => {
    const { world, client } = await prepared();
    const gatewayNow = START + 40_000;
    refuseDate(world, gatewayNow);
    const { attempt, code } = await failure(client.search('cat'));
    expect(code).toBe('clock-wrong');
    await client.retrySearch(attempt as Attempt);
    expect(await failure(client.search('dog'))).toMatchObject({ code: 'clock-wrong' });
    const dates = world.gateway.seen.map((request) => Date.parse(field(request, 'date')) / 1000);
    expect(dates).toEqual([START + 3600, START + 39_600, START + 3600]);
  });

  test('a second refusal of the date ends the attempt', async () => {
    const { world, client } = await prepared();
    world.gateway.refuse = () => inner(400, 'date', [['date', 'Thu, 01 Jan 2026 00:00:00 GMT']]);
    const { attempt } = await failure(client.search('cat'));
    expect(await failure(client.retry(attempt as Attempt))).toMatchObject({
      code: 'clock-wrong',
      attempt: null,
    });
    expect(await failure(client.retry(attempt as Attempt))).toMatchObject({ code: 'attempt-over' });
  });
});
