import { REFILL_SERVICE, type Bundle } from '@sotto/bundle';
import {
  decodeAmortizedBatchTokenRequest,
  decodePack,
  decodeVoucherRequest,
  encodePack,
  encodeTokenChallenge,
  encodeVoucherResponse,
  PACK_RESPONSE,
  serviceChallenge,
  VOUCHER_RESPONSE,
} from '@sotto/privacypass';
import type { BhttpRequest } from '@sotto/bhttp';
import { utf8, voucherEpochs, voucherWindow, type Bytes } from '@sotto/wire';
import { memoryWallet, type Wallet, type WalletState } from '../../src/index.ts';
import { problem } from './issuer.ts';
import { DAY, START, World } from './world.ts';

const PERIOD = 7;

/** The first day of a period, at one o'clock. */
export const FIRST = START + (PERIOD - ((START / DAY) % PERIOD)) * DAY + 3600;

export const FIRST_EPOCH = Math.floor(FIRST / DAY);

/** What a world with vouchers counts and may be told to do. */
export interface VoucherWorld {
  readonly world: World;
  /** Bodies of voucher requests. */
  readonly issuances: Bytes[];
  /** Changes the responses of issuances, one for each epoch from the first one on. */
  spoil: (responses: Bytes[], firstEpoch: number) => Bytes[];
  /** The status of the next issuances. */
  status: number;
  /** Services that a voucher buys three tokens of. */
  services: readonly string[];
}

/** A world whose bundles have refills, of packs of three tokens. */
export async function voucherWorld(seed = 'vouchers'): Promise<VoucherWorld> {
  const world = await World.create(seed);
  world.now = FIRST;
  world.gateway.responseLength = 4096;
  const self: VoucherWorld = {
    world,
    issuances: [],
    spoil: (responses) => responses,
    status: 200,
    services: ['stickers'],
  };
  world.alter = (bundle) => version2(self, bundle);
  world.intercept = async ({ url, init }) => {
    if (url !== 'https://issuer.example/voucher-request') return null;
    const body = bytesOf(init.body);
    self.issuances.push(body);
    if (self.status !== 200) return problem(self.status, 'refused');
    return { status: 200, type: VOUCHER_RESPONSE, body: await issue(self, body) };
  };
  world.gateway.refuse = () => null;
  world.gateway.service = async (request) =>
    request.authority === REFILL_SERVICE ? fill(world, request) : { status: 200, content: SEARCH };
  return self;
}

/** The body of a request that is sent whole. */
export function bytesOf(body: unknown): Bytes {
  return body instanceof Uint8Array ? (body as Bytes) : new Uint8Array(0);
}

const SEARCH = new TextEncoder().encode('{"results":[],"next":null}');

/** The key of the vouchers of an epoch: in its own place among the keys of the test issuer. */
const voucherKey = ({ issuer }: World, epoch: number) => issuer.key(-epoch * DAY);

function version2({ world, services: bought }: VoucherWorld, bundle: Bundle): Bundle {
  const { sequence } = bundle;
  const keys = Array.from(
    { length: voucherEpochs(sequence, PERIOD) },
    (_, i) => voucherKey(world, sequence + i).publicKey,
  );
  const context = { tokenType: 5, issuerName: 'issuer.example', service: 'refill', epoch: bundle.notBefore };
  const lengths = { requestLength: 2048, responseLength: 4096, streams: false, streamsRequests: false };
  const refill = {
    name: REFILL_SERVICE,
    tokenType: 5,
    challenge: encodeTokenChallenge(serviceChallenge(context)),
    ...lengths,
  };
  const [stickers] = bundle.services;
  if (stickers === undefined) throw new Error('no service');
  const others = bought
    .filter((name) => name !== 'stickers')
    .map((name) => ({ ...stickers, name, challenge: world.issuer.challenge(bundle.notBefore, name) }));
  const services = [...bundle.services, ...others, refill];
  return {
    ...bundle,
    directory: world.issuer.directory(bundle.notBefore, ...bought),
    services,
    extension: {
      classes: services.map(({ name, requestLength, responseLength }) => ({
        name,
        requestLength,
        responseLength,
      })),
      provider: '',
      refill: {
        period: PERIOD,
        window: voucherWindow(PERIOD),
        perEpoch: 3,
        keys,
        pack: bought.map((service) => ({ service, tokens: 3 })),
      },
    },
  };
}

async function issue({ world, spoil }: VoucherWorld, body: Bytes): Promise<Bytes> {
  const { firstEpoch, requests } = decodeVoucherRequest(body);
  const responses: Bytes[] = [];
  for (const [i, request] of requests.entries()) {
    responses.push(await world.issuer.evaluate(voucherKey(world, firstEpoch + i), request));
  }
  return encodeVoucherResponse(spoil(responses, firstEpoch));
}

async function fill(world: World, { content }: BhttpRequest) {
  const epoch = Math.floor(world.now / DAY) * DAY;
  const batches = await Promise.all(
    decodePack(content).map((request) => world.issuer.evaluate(world.issuer.key(epoch), request)),
  );
  return { status: 200, type: PACK_RESPONSE, content: encodePack(batches) };
}

/** How many vouchers a request asks for, by its first epoch. */
export function asked(body: Bytes): readonly [first: number, counts: readonly number[]] {
  const { firstEpoch, requests } = decodeVoucherRequest(body);
  return [firstEpoch, requests.map((one) => decodeAmortizedBatchTokenRequest(one).blindedMsgs.length)];
}

export const search = { method: 'POST', path: '/v1/search', content: utf8('{}') };
export const peek = (wallet: Wallet): Promise<WalletState> =>
  wallet.update((state) => structuredClone(state));
export const vouchersOf = async (wallet: Wallet) => (await peek(wallet)).vouchers;

/** How many refills reached the gateway. */
export const refills = ({ world }: VoucherWorld): number =>
  world.gateway.seen.filter(({ authority }) => authority === REFILL_SERVICE).length;

/** A client with a wallet that has its first vouchers and tokens. */
export async function started(seed?: string) {
  const setup = await voucherWorld(seed);
  const wallet = memoryWallet();
  const client = setup.world.client({ wallet });
  await client.refill();
  return { setup, world: setup.world, wallet, client };
}

/** Bytes with the last bit changed. */
export function spoilt(bytes: Bytes): Bytes {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
