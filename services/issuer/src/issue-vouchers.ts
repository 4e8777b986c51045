import { sha256 } from '@noble/hashes/sha2.js';
import {
  decodeAmortizedBatchTokenRequest,
  decodeVoucherRequest,
  encodeVoucherResponse,
  issueAmortized,
  VOUCHER_RESPONSE,
  type AmortizedBatchTokenRequest,
} from '@sotto/privacypass';
import { hex, lastOfPeriod, voucherEpochs, type Bytes } from '@sotto/wire';
import { periodAccountKey } from './attest/account-key.ts';
import { REFILL, type VoucherConfig } from './config.ts';
import {
  decodeBody,
  reserveEvaluations,
  type Issuance,
  type IssuanceDeps,
  type IssuanceResponse,
} from './issuance.ts';
import type { LiveKey, Ring } from './keyring.ts';
import { Refusal } from './refusal.ts';

/** The vouchers of one epoch in a request. */
interface VoucherBatch {
  readonly key: LiveKey;
  readonly request: AmortizedBatchTokenRequest;
}

/**
 * Signs the vouchers of the rest of a period, all of them or none (specs/bundle.md, "Vouchers").
 *
 * Everything is checked before the issuance is counted, and it is counted before anything is signed. The same body is
 * counted once.
 *
 * @throws {Refusal} with one constant response for each reason
 */
export async function issueVouchers(deps: IssuanceDeps, issuance: Issuance): Promise<IssuanceResponse> {
  const { vouchers } = deps;
  if (vouchers === null) throw new Refusal('vouchers-off', 'key');
  const { last, batches } = batchesOf(deps, vouchers, issuance);
  const areValid = await issuance.evaluate(() =>
    batches.every(({ key, request }) => request.blindedMsgs.every((element) => key.voprf.isElement(element))),
  );
  if (!areValid) throw new Refusal('unprocessable-content', 'element');
  await countIssuance(deps, vouchers, issuance, last);
  for (const { key } of batches) {
    if (!(await reserveEvaluations(deps, key, vouchers.perEpoch))) {
      throw new Refusal('unavailable', 'ceiling', { retryAfter: dateOf(deps, last + 1) });
    }
  }
  const responses: Bytes[] = [];
  for (const { key, request } of batches) {
    responses.push(
      await issuance.evaluate(() => issueAmortized(key.voprf, key.pair, request, deps.system.random)),
    );
  }
  deps.tally.count(`issued ${REFILL}`, issuance.account.hash);
  return { status: 200, contentType: VOUCHER_RESPONSE, body: encodeVoucherResponse(responses) };
}

/** The batches of a request, each with its epoch's key, and the last epoch of the period that they are for. */
function batchesOf(
  { epochSeconds }: IssuanceDeps,
  vouchers: VoucherConfig,
  { ring, body }: Issuance,
): { readonly last: number; readonly batches: readonly VoucherBatch[] } {
  const { firstEpoch, requests } = decodeBody(() => decodeVoucherRequest(body));
  const last = lastOfPeriod(firstEpoch, vouchers.period);
  if (!isIssuable(ring.epoch / epochSeconds, firstEpoch, vouchers.period)) {
    throw new Refusal('unprocessable-content', 'epoch');
  }
  if (requests.length !== last - firstEpoch + 1) throw new Refusal('unprocessable-content', 'batch-size');
  const batches = requests.map((encoded, i) => {
    const request = decodeBody(() => decodeAmortizedBatchTokenRequest(encoded));
    return { request, key: voucherKey(ring, (firstEpoch + i) * epochSeconds, request) };
  });
  const areWhole = batches.every(({ request }) => request.blindedMsgs.length === vouchers.perEpoch);
  if (!areWhole) throw new Refusal('unprocessable-content', 'batch-size');
  return { last, batches };
}

/** Whether vouchers may be requested from this epoch on: from the current one, and in the window from the next period on. */
function isIssuable(current: number, firstEpoch: number, period: number): boolean {
  const next = lastOfPeriod(current, period) + 1;
  return firstEpoch === current || (firstEpoch === next && voucherEpochs(current, period) > period);
}

/**
 * The key of an epoch's vouchers, if the request names it. If one is gone, the whole issuance is unavailable.
 */
function voucherKey(ring: Ring, epoch: number, request: AmortizedBatchTokenRequest): LiveKey {
  const key = ring.voucher(epoch);
  if (key === undefined) throw new Refusal('unavailable', 'key', { retryAfter: '3600' });
  const names = key.type === request.tokenType && key.keyId.at(-1) === request.truncatedTokenKeyId;
  if (!names) throw new Refusal('unprocessable-content', 'key');
  return key;
}

/** Counts the issuance to the account in the period, under a hash that no other period and no epoch has. */
async function countIssuance(
  deps: IssuanceDeps,
  { policy }: VoucherConfig,
  { ring, attest, body }: Issuance,
  last: number,
): Promise<void> {
  const { accountKey } = ring;
  if (accountKey === null) throw new Refusal('unavailable', 'account-key');
  const epoch = last * deps.epochSeconds; // the row is kept until the period ends
  const { hash, tier } = await attest({ epoch, accountKey: periodAccountKey(accountKey) });
  const limit = policy.quota.get(tier) ?? policy.quota.get('default') ?? 0;
  const batch = hex(sha256(body).subarray(0, 16));
  const outcome = await deps.quota.charge({ epoch, account: hash, service: REFILL, count: 1, limit, batch });
  if (outcome === 'ended') throw new Refusal('unavailable', 'epoch', { retryAfter: dateOf(deps, last + 1) });
  if (outcome !== 'exhausted') return;
  throw new Refusal('too-many-requests', 'quota', { retryAfter: dateOf(deps, last + 1) });
}

/** The start of an epoch as a Retry-After. */
function dateOf({ system, epochSeconds }: IssuanceDeps, epochIndex: number): string {
  return system.date(epochIndex * epochSeconds).toUTCString();
}
