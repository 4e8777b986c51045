import { decodeToken, encodeToken, type Token } from '@sotto/privacypass';
import { concat, uint, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import { DAY, redemption, START, VOPRF, World } from './support/world.ts';
import { random } from './support/wallet.ts';

async function oneToken(world: World): Promise<Bytes> {
  const [token] = await world.draw(1);
  return token;
}

test('S02 redemption: a token of another length is invalid and leaves no row', async () => {
  const world = new World();
  const token = await oneToken(world);
  expect(token).toHaveLength(162);
  for (let n = 0; n < token.length; n++) expect(await world.redeem(token.subarray(0, n))).toBe('invalid');
  for (let n = 1; n <= 5; n++) expect(await world.redeem(concat(token, new Uint8Array(n)))).toBe('invalid');
  expect(world.spentRows()).toBe(0);
  expect(await world.redeem(token)).toBe('first');
});

test('S03 redemption: a token with a flipped bit is invalid and leaves no row', async () => {
  const world = new World();
  const token = await oneToken(world);
  for (let at = 0; at < token.length; at++) {
    const flipped = token.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    expect(await world.redeem(flipped)).toBe('invalid');
  }
  expect(world.spentRows()).toBe(0);
  expect(await world.redeem(token)).toBe('first');
});

test('S04 redemption: is first once; another request is spent, and the same envelope is replayed', async () => {
  const world = new World();
  const call = redemption(await oneToken(world));
  expect(await world.outcomeOf(call)).toBe('first');
  expect(await world.outcomeOf({ ...call, tag: random(32), envelope: random(32) })).toBe('spent');
  expect(await world.outcomeOf(call)).toBe('replayed');
  expect(world.spentRows()).toBe(1);
});

test('S05 redemption: of 100 parallel requests with one token, one is first', async () => {
  const world = new World();
  const token = await oneToken(world);
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => world.redeem(token)));
  expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(99);
});

test('S06 S20 redemption: a request is accepted three times, and once for a service that is not idempotent', async () => {
  const world = new World();
  const [a, b] = await world.draw(5);
  for (const [token, idempotent, again] of [
    [a, true, 2],
    [b, false, 0],
  ] as const) {
    const call = { ...redemption(token), idempotent };
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => world.outcomeOf({ ...call, envelope: random(32) })),
    );
    expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'again')).toHaveLength(again);
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(99 - again);
  }
});

test('S17 redemption: a token with exchanged parts is invalid, and a view of the token is the same token', async () => {
  const world = new World();
  const [a, b] = await world.draw(5);
  const [first, second] = [decodeToken(a), decodeToken(b)];
  expect(await world.redeem(a)).toBe('first');
  const twins: Token[] = [
    { ...first, authenticator: second.authenticator },
    { ...first, nonce: second.nonce },
    { ...second, nonce: first.nonce },
  ];
  for (const twin of twins) expect(await world.redeem(encodeToken(twin))).toBe('invalid');
  const within = concat(random(5), a, random(5)).subarray(5, 167);
  expect(await world.redeem(within)).toBe('spent');
  expect(world.spentRows()).toBe(1);
});

test('S18 redemption: a thousand forgeries with a token’s nonce do not spend it', async () => {
  const world = new World();
  const token = await oneToken(world);
  const real = decodeToken(token);
  for (let i = 0; i < 1000; i++) {
    expect(await world.redeem(encodeToken({ ...real, authenticator: random(64) }))).toBe('invalid');
  }
  expect(world.spentRows()).toBe(0);
  expect(await world.redeem(token)).toBe('first');
});

test('S19 redemption: a token is valid only for its service, type, key and challenge', async () => {
  const world = new World();
  const token = await oneToken(world);
  const [weather] = await world.draw(1, { service: 'weather' });
  expect(await world.redeem(token, { service: 'weather' })).toBe('invalid');
  expect(await world.redeem(token, { service: 'nothing' })).toBe('invalid');
  expect(await world.redeem(weather)).toBe('invalid');
  const real = decodeToken(token);
  const other = decodeToken(weather);
  const mixed: Partial<Token>[] = [
    { tokenKeyId: other.tokenKeyId },
    { challengeDigest: other.challengeDigest },
    { tokenType: 1, authenticator: real.authenticator.subarray(0, 48) },
  ];
  for (const part of mixed) expect(await world.redeem(encodeToken({ ...real, ...part }))).toBe('invalid');

  // A token of the right key for another challenge, which only this check refuses.
  const ring = await world.issuer.keyring.use((held) => held);
  const key = ring.redeeming(real.tokenKeyId);
  const elsewhere = { ...real, nonce: random(32), challengeDigest: other.challengeDigest };
  const input = concat(uint(2, 5), elsewhere.nonce, elsewhere.challengeDigest, elsewhere.tokenKeyId);
  const secretKey = key?.pair.secretKey as Bytes;
  const authenticator = await VOPRF['ristretto255-SHA512'].evaluate(secretKey, input);
  expect(await world.redeem(encodeToken({ ...elsewhere, authenticator }))).toBe('invalid');
  expect(world.spentRows()).toBe(0);
});

test('S15 redemption: a token is invalid from the second in which its acceptance ends', async () => {
  const world = new World();
  const tokens = await world.draw(30);
  const end = START + 2 * DAY;
  const outcomes: string[] = [];
  for (const [i, at] of [-2, -1, 0, 1, 299, 300, 301, 302].entries()) {
    world.clock.now = end + at;
    await world.issuer.runSchedule();
    outcomes.push(await world.redeem(tokens[i]), await world.redeem(tokens[0]));
  }
  expect(outcomes.slice(0, 4)).toEqual(['first', 'spent', 'first', 'spent']);
  expect(new Set(outcomes.slice(4))).toEqual(new Set(['invalid']));
});

test('X06 redemption: a call of an older or newer gateway gets an outcome, never an exception', async () => {
  const world = new World();
  const call = redemption(await oneToken(world));
  const redeem = (more: object): Promise<string> => world.outcomeOf({ ...call, ...more });
  for (const odd of [
    { service: undefined },
    { token: undefined },
    { token: 'text' },
    { tag: undefined },
    { tag: random(31) },
    { envelope: new Uint8Array(0) },
    { idempotent: undefined },
    { idempotent: 1 },
  ]) {
    expect(await redeem(odd)).toBe('invalid');
  }
  expect(world.spentRows()).toBe(0);
  expect(await redeem({ added: 'later' })).toBe('first');
});

const reject = async (): Promise<never> => {
  throw new Error('canary');
};

test('X05 redemption: when the store fails, the outcome is unavailable and the token is not spent', async () => {
  const world = new World();
  const token = await oneToken(world);
  const broken = new World({
    database: world.database,
    clock: world.clock,
    deps: () => ({ spent: { spend: reject, close: reject } }),
  });
  expect(await broken.redeem(token)).toBe('unavailable');
  expect(await world.redeem(token)).toBe('first');
});

test('P07 ledger: a row contains digests, and neither nonce, authenticator, time nor account', async () => {
  const world = new World();
  const token = await oneToken(world);
  await world.redeem(token);
  const row = world.database.db.all<Readonly<Record<string, unknown>>>('select * from spent_tokens')[0] ?? {};
  expect(Object.keys(row)).toEqual(['ledger', 'id', 'tag', 'envelope_1', 'envelope_2', 'envelope_3']);
  const { nonce, authenticator } = decodeToken(token);
  for (const value of Object.values(row)) {
    expect(value).not.toEqual(nonce);
    expect(value).not.toEqual(authenticator);
  }
});
