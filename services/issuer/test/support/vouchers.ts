import {
  createTokenRequests,
  decodePack,
  decodeVoucherResponse,
  encodePack,
  encodeTokenChallenge,
  encodeVoucherRequest,
  serviceChallenge,
  VOUCHER_REQUEST,
  type PendingTokens,
} from '@sotto/privacypass';
import type { RefillResult, ScheduledRefill } from '@sotto/redemption';
import { nobleVoprf } from '@sotto/voprf';
import { lastOfPeriod, type Bytes } from '@sotto/wire';
import { DAY, World, type WorldOptions } from './world.ts';
import { blindBatch, currentKey, random } from './wallet.ts';

export const VOUCHERS = { period: 7, perEpoch: 3, issuances: { default: 3, new: 1 } };
/** Small packs, because a client's side of the tests is slow. */
export const SERVICES = [
  { name: 'stickers', types: [5], batch: [1, 5, 30], quota: { default: 30 }, shards: 4, refill: 2 },
  { name: 'weather', types: [5, 1], batch: [1, 2, 5], quota: { default: 60 }, shards: 2, refill: 1 },
];
const voprf = nobleVoprf('ristretto255-SHA512');

/**
 * The blinded vouchers of an issuance: the request, and the function that turns a response into vouchers by
 * epoch.
 */
export interface PendingVouchers {
  readonly body: Bytes;
  readonly batches: readonly PendingTokens[];
  finish(response: Bytes): Promise<Bytes[][]>;
}

/** A pack that was sent, and the function that turns a response into tokens. */
export interface PendingPack {
  readonly body: Bytes;
  finish(response: Bytes): Promise<Bytes[][]>;
}

/** An issuer with vouchers, and a client's side of them. */
export class VoucherWorld extends World {
  constructor(options: WorldOptions = {}) {
    super({
      ...options,
      vars: { VOUCHERS: JSON.stringify(VOUCHERS), SERVICES: JSON.stringify(SERVICES), ...options.vars },
    });
  }

  /** Days after the start of the period that contains the first epoch of these tests. */
  static at(day: number, seconds = 3600): number {
    const first = Math.floor(1_800_000_000 / DAY);
    return (first - (first % 7) + 7 + day) * DAY + seconds;
  }

  get epoch(): number {
    return Math.floor(this.clock.now / DAY);
  }

  async refillInfo(): Promise<ScheduledRefill> {
    const { epochs } = await this.issuer.schedule(0);
    const refill = epochs.find(({ start }) => start === this.epoch * DAY)?.refill;
    if (refill === null || refill === undefined) throw new Error('no refills');
    return refill;
  }

  /** Blinds vouchers of consecutive epochs, by default those of the rest of the period. */
  async blindVouchers({
    first = this.epoch,
    count = lastOfPeriod(first, 7) - first + 1,
    perEpoch = 3,
    keys,
  }: {
    first?: number;
    count?: number;
    perEpoch?: number;
    keys?: readonly Bytes[];
  } = {}): Promise<PendingVouchers> {
    const shown = keys ?? (await this.refillInfo()).keys.slice(first - this.epoch);
    const batches = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const publicKey = shown[i];
        if (publicKey === undefined) throw new Error('no key');
        const challenge = challengeOf('refill', (first + i) * DAY);
        return createTokenRequests({
          voprf,
          tokenType: 5,
          publicKey,
          challenge,
          count: perEpoch,
          random,
          kind: 'amortized',
        });
      }),
    );
    return {
      body: encodeVoucherRequest({ firstEpoch: first, requests: batches.map(({ request }) => request) }),
      batches,
      finish: async (response) => finishAll(batches, decodeVoucherResponse(response)),
    };
  }

  async postVouchers(
    body: Bytes,
    account = 'ada',
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<Response> {
    const authorization = `Bearer ${await this.bearer(account, more)}`;
    const headers = { 'content-type': VOUCHER_REQUEST, authorization };
    return this.fetch('/voucher-request', { method: 'POST', headers, body });
  }

  /** The vouchers of an account, by epoch. */
  async vouchers(account = 'ada'): Promise<Bytes[][]> {
    const pending = await this.blindVouchers();
    const response = await this.postVouchers(pending.body, account);
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return pending.finish(new Uint8Array(await response.arrayBuffer()));
  }

  async voucher(account = 'ada'): Promise<Bytes> {
    const [[voucher] = []] = await this.vouchers(account);
    if (voucher === undefined) throw new Error('no voucher');
    return voucher;
  }

  /** Blinds a pack: the tokens that a voucher buys, or others. */
  async blindPack(
    pack: readonly (readonly [string, number])[] = [
      ['stickers', 2],
      ['weather', 1],
    ],
  ): Promise<PendingPack> {
    const directory = await this.directory();
    const batches = await Promise.all(
      pack.map(([service, count]) => blindBatch(currentKey(directory, service, 5, this.clock.now), count)),
    );
    return {
      body: encodePack(batches.map(({ request }) => request)),
      finish: async (response) => finishAll(batches, decodePack(response)),
    };
  }

  async refill(
    token: Bytes | undefined,
    pack: Bytes,
    envelope = random(32),
    knownRevision = 0,
  ): Promise<RefillResult> {
    if (token === undefined) throw new Error('no such voucher');
    return this.issuer.refill({ token, pack, envelope, knownRevision });
  }

  async refillOutcome(...call: Parameters<VoucherWorld['refill']>): Promise<RefillResult['outcome']> {
    return (await this.refill(...call)).outcome;
  }

  /** Rows of voucher issuances. */
  issuances(): number {
    const [row] = this.database.db.all<{ n: number | null }>(
      "select sum(used) as n from quotas where service = 'refill'",
    );
    return row?.n ?? 0;
  }
}

const challengeOf = (service: string, epoch: number): Bytes =>
  encodeTokenChallenge(serviceChallenge({ tokenType: 5, issuerName: 'issuer.example', service, epoch }));

function finishAll(batches: readonly PendingTokens[], responses: readonly Bytes[]): Promise<Bytes[][]> {
  if (responses.length !== batches.length) throw new Error('another number of batches');
  return Promise.all(batches.map((batch, i) => batch.finish(responses[i] ?? new Uint8Array(0))));
}
