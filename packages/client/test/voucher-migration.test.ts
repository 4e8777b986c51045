import { describe, expect, test } from 'vitest';
import { loggedEntry, policyFile } from '../../../test/support/bundle-log.ts';
import { memoryWallet } from '../src/index.ts';
import { problem } from './support/issuer.ts';
import { peek, refills, search, voucherWorld, vouchersOf } from './support/vouchers.ts';
import { DAY, START, World } from './support/world.ts';

const TOKENS = 'https://issuer.example/token-request';
const VOUCHERS = 'https://issuer.example/voucher-request';
const CLOSED = problem(403, 'voucher-required');

describe('an issuer that wants vouchers for the tokens of a service', () => {
  test('a client without a policy says policy-required, and what its developer has to do', async () => {
    const world = await World.create();
    world.intercept = ({ url }) => (url === TOKENS ? CLOSED : null);
    const client = world.client();
    const refused = { code: 'policy-required', advice: expect.stringContaining('set the option `policy`') };
    await expect(client.refill()).rejects.toMatchObject(refused);
    world.now += 900;
    await expect(client.request('stickers', search)).rejects.toMatchObject(refused);
  });

  test('when direct issuance is on again, the same batch is sent by schedule and gives tokens', async () => {
    const world = await World.create();
    world.intercept = ({ url }) => (url === TOKENS ? CLOSED : null);
    const wallet = memoryWallet();
    await expect(world.client({ wallet }).refill()).rejects.toMatchObject({ code: 'policy-required' });
    world.intercept = () => null;
    world.now += 900;
    await world.client({ wallet }).refill();
    expect((await peek(wallet)).tokens).toHaveLength(30);
    const [first, again] = world.sent.filter(({ url }) => url === TOKENS).map(({ init }) => init.body);
    expect(again).toEqual(first);
  });

  test('a client with a policy whose bundles have no refills says refills-ended', async () => {
    const world = await World.create();
    const { policy, body } = loggedBundle(world);
    world.intercept = ({ url }) => {
      if (url === TOKENS) return CLOSED;
      return url.endsWith('/bundle/2') ? { status: 200, type: '', body: body() } : null;
    };
    await expect(world.client({ policy }).refill()).rejects.toMatchObject({ code: 'refills-ended' });
  });

  test.each([
    ['a body that is no JSON', { status: 403, type: 'application/problem+json', body: Uint8Array.of(123) }],
    ['a code that is no text', problem(403, 7 as unknown as string)],
    ['a code of a prototype', problem(403, 'toString')],
    ['another media type', { ...CLOSED, type: 'text/html' }],
    ['the problem of an issuer that refuses the account', problem(403, 'forbidden')],
  ])('403 with %s is account-refused', async (_what, answer) => {
    const world = await World.create();
    world.intercept = ({ url }) => (url === TOKENS ? answer : null);
    await expect(world.client().refill()).rejects.toMatchObject({ code: 'account-refused' });
  });
});

describe('an issuer without vouchers', () => {
  test('whose gateway still offers refills: the client says refills-ended, sends no account for tokens, and tries again', async () => {
    const setup = await voucherWorld();
    const { world } = setup;
    const issue = world.intercept;
    world.intercept = (sent) => (sent.url === VOUCHERS ? problem(404, 'vouchers-off') : issue(sent));
    const wallet = memoryWallet();
    const client = world.client({ wallet });
    await expect(client.refill()).rejects.toMatchObject({ code: 'refills-ended' });
    world.intercept = issue;
    world.now += 900;
    await client.refill();
    expect((await vouchersOf(wallet))?.held).toHaveLength(20);
    expect(world.urls()).not.toContain(TOKENS);
  });

  test('and bundles without refills: a wallet that has met no voucher gets its tokens with the account', async () => {
    const world = await World.create();
    const { policy, body } = loggedBundle(world);
    world.intercept = ({ url }) =>
      url.endsWith('/bundle/2') ? { status: 200, type: '', body: body() } : null;
    const wallet = memoryWallet();
    await world.client({ policy, wallet }).refill();
    expect((await peek(wallet)).tokens).toHaveLength(30);
    expect(await vouchersOf(wallet)).toBeNull();
  });
});

test('a service with tokens of a type that the client does not use: a request is refused before a voucher is spent', async () => {
  const setup = await voucherWorld();
  const { world } = setup;
  const alter = world.alter;
  world.alter = (bundle) => {
    const whole = alter(bundle);
    const [stickers] = whole.services;
    if (stickers === undefined || whole.extension === null) throw new Error('no services');
    const { requestLength, responseLength } = stickers;
    const challenge = world.issuer.challenge(bundle.notBefore, 'legacy');
    const classes = [...whole.extension.classes, { name: 'legacy', requestLength, responseLength }];
    const legacy = { ...stickers, name: 'legacy', tokenType: 1, challenge };
    return {
      ...whole,
      services: [...whole.services, legacy],
      extension: { ...whole.extension, classes },
    };
  };
  const client = world.client();
  await client.refill();
  for (const allowFresh of [false, true]) {
    const refused = client.request('legacy', search, { allowFresh });
    await expect(refused).rejects.toMatchObject({ code: 'unknown-service' });
  }
  expect(refills(setup)).toBe(1);
});

/** The bundle of a world’s first epoch, without refills, as the only entry of a log. */
function loggedBundle(world: World) {
  return { policy: policyFile(START / DAY), body: () => loggedEntry([world.signed()], 0) };
}
