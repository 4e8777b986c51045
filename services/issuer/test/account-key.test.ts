import { base64url } from '@sotto/wire';
import { expect, test } from 'vitest';
import { testConfig } from './support/config.ts';
import { ISSUER_VARIABLES } from './support/variables.ts';
import { random } from './support/wallet.ts';
import { DAY, PROBLEM, START, told, World } from './support/world.ts';

const FORMER = ISSUER_VARIABLES['ACCOUNT_KEY'] ?? '';
const NEW = base64url(random(32));

/** The status of a batch of 30, which is the whole quota of an account. */
async function issueWhole(world: World, account = 'ada'): Promise<number> {
  const { pending } = await world.blind(30);
  return (await world.post(pending.contentType, pending.request, account)).status;
}

test('N64 ACCOUNT_KEY: changed within an epoch with the former key as previous, quotas continue', async () => {
  const before = new World();
  expect(await issueWhole(before)).toBe(200);
  const vars = { ACCOUNT_KEY: NEW, ACCOUNT_KEY_PREVIOUS: FORMER };
  const after = new World({ database: before.database, clock: before.clock, vars });
  expect(await issueWhole(after)).toBe(429);
  expect(await issueWhole(after, 'bob')).toBe(200);
  expect(await issueWhole(before, 'bob')).toBe(429); // an isolate that still has the former configuration
  const shown = await after.operator('/operator/quota', 'POST', '{"account":"ada"}');
  expect(await shown.json()).toMatchObject({ used: 30 });
});

test('N64 ACCOUNT_KEY: the new key counts from the next epoch, and then the previous one can be removed', async () => {
  const before = new World();
  const vars = { ACCOUNT_KEY: NEW, ACCOUNT_KEY_PREVIOUS: FORMER };
  const during = new World({ database: before.database, clock: before.clock, vars });
  expect(await issueWhole(during)).toBe(200);
  during.clock.now = START + DAY;
  expect(await issueWhole(during)).toBe(200);
  const later = new World({ database: before.database, clock: before.clock, vars: { ACCOUNT_KEY: NEW } });
  expect(await issueWhole(later)).toBe(429);
  expect(await later.issuer.check()).toEqual([]);
});

test('N64 ACCOUNT_KEY: changed without the former key, issuance waits for the next epoch, and redemption continues', async () => {
  const before = new World();
  const [token] = await before.draw(5);
  const world = new World({ database: before.database, clock: before.clock, vars: { ACCOUNT_KEY: NEW } });
  const { pending } = await world.blind(5);
  const refused = await world.post(pending.contentType, pending.request);
  expect(refused.headers.get('retry-after')).toBe(new Date((START + DAY) * 1000).toUTCString());
  expect(await told(refused)).toEqual(PROBLEM(503, 'unavailable', 'Service Unavailable'));
  expect(await world.redeem(token)).toBe('first');
  expect(await world.issuer.check()).toEqual([
    expect.stringMatching(/^ACCOUNT_KEY: .*Set ACCOUNT_KEY_PREVIOUS to the former key/),
  ]);
  world.clock.now = START + DAY;
  expect(await issueWhole(world)).toBe(200);
  expect(await world.issuer.check()).toEqual([]);
});

test('N64 ACCOUNT_KEY_PREVIOUS: is refused when it is not a key, or the same key', () => {
  expect(() => testConfig({ ACCOUNT_KEY_PREVIOUS: FORMER })).toThrow(
    'ACCOUNT_KEY_PREVIOUS: must differ from ACCOUNT_KEY. Remove it',
  );
  expect(() => testConfig({ ACCOUNT_KEY_PREVIOUS: 'short' })).toThrow(/^ACCOUNT_KEY_PREVIOUS: must be 32/);
});
