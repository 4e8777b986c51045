import { hex } from '@sotto/wire';
import type { Wallet } from '../../src/index.ts';
import { bytesOf, FIRST, peek, refills, voucherWorld, vouchersOf, type VoucherWorld } from './vouchers.ts';
import { same, type WalletRow } from './wallet-contract.ts';
import { DAY } from './world.ts';

/** Seconds after which a request of a page that was closed counts as failed. */
const IN_FLIGHT = 60;

/** Waits for an event of a request that is under way. */
async function until(happened: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !happened(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  same(happened(), true);
}

/** A world whose keys follow from the seed, so that another page can have the same one. */
export async function seededWorld(): Promise<VoucherWorld> {
  const setup = await voucherWorld('voucher contract');
  setup.world.signed(); // draws the keys
  return setup;
}

/** Sends what is due, and ends the client when a request to this URL has been received: nobody reads the response. */
export async function killAt(
  { world }: VoucherWorld,
  wallet: Wallet,
  url: string,
  more = false,
): Promise<void> {
  const pass = world.intercept;
  const received = { done: false };
  world.intercept = async (sent) => {
    if (!sent.url.endsWith(url)) return pass(sent);
    if (url === '/ohttp') await world.gateway.handle(bytesOf(sent.init.body));
    else await pass(sent);
    received.done = true;
    return new Promise(() => {});
  };
  world
    .client({ wallet })
    .refill({ more })
    .catch(() => {}); // its deadline may pass before the file of tests ends
  await until(() => received.done);
  world.intercept = pass;
}

const lastPacks = ({ world }: VoucherWorld): string[] =>
  world.gateway.seen.slice(-2).map(({ content }) => hex(content));

/** What each store must keep of vouchers when a page or process ends between two states. `open` opens the same wallet anew. */
export const VOUCHER_CONTRACT: readonly WalletRow[] = [
  [
    'V03 a client that ends during an issuance: the next one sends the same bytes, and keeps the vouchers',
    async (open) => {
      const setup = await seededWorld();
      await killAt(setup, await open(), '/voucher-request');
      setup.world.now += IN_FLIGHT;
      const wallet = await open();
      await setup.world.client({ wallet }).refill();
      const [first, second] = setup.issuances.map(hex);
      same(second, first);
      same((await vouchersOf(await open()))?.held.length, 20);
    },
  ],
  [
    'V10 a client that ends during a refill: the next one sends the same pack for its user, and not by schedule',
    async (open) => {
      const setup = await seededWorld();
      const { world } = setup;
      await world.client({ wallet: await open() }).refill();
      await killAt(setup, await open(), '/ohttp', true);
      world.now += IN_FLIGHT;
      const before = refills(setup);
      await world.client({ wallet: await open() }).refill();
      same(refills(setup), before);
      await world.client({ wallet: await open() }).refill({ more: true });
      const [first, second] = lastPacks(setup);
      same(second, first);
      const { tokens, vouchers } = await peek(await open());
      same([tokens.length, vouchers?.held.length, vouchers?.pack], [6, 19, null]);
    },
  ],
  [
    'V13 vouchers that were handed over are gone for the next client too',
    async (open) => {
      const setup = await seededWorld();
      await setup.world.client({ wallet: await open() }).refill();
      await setup.world.client({ wallet: await open() }).exportVouchers({ epochs: 7, perEpoch: 2 });
      same((await vouchersOf(await open()))?.held.length, 20 - 14);
    },
  ],
  [
    'a pack without a response is dropped at the end of its epoch, and the next voucher buys tokens',
    async (open) => {
      const setup = await seededWorld();
      const { world } = setup;
      await world.client({ wallet: await open() }).refill();
      await killAt(setup, await open(), '/ohttp', true);
      world.now = FIRST + DAY;
      await world.client({ wallet: await open() }).refill({ more: true });
      const [first, second] = lastPacks(setup);
      same(first === second, false);
      same((await vouchersOf(await open()))?.pack, null);
    },
  ],
];
