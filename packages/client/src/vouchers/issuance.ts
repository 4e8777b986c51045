import type { Refill } from '@sotto/bundle';
import {
  createTokenRequests,
  decodeTokenChallenge,
  decodeVoucherResponse,
  encodeTokenChallenge,
  encodeVoucherRequest,
  serviceChallenge,
  VOPRF_RISTRETTO255,
  VOUCHER_REQUEST,
  type PendingTokens,
} from '@sotto/privacypass';
import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import type { ActiveBundle } from '../bundle-cache.ts';
import { ClientError, clientError } from '../error.ts';
import { BatchPendingError, finishAll, postWithAccount, type IssuanceDeps } from '../issuance.ts';
import { inFlightUntil } from '../schedule.ts';
import type { WalletState } from '../wallet/state.ts';
import { recordRandom, replayRandom } from './blinding.ts';
import { planOptions, type VouchersDeps } from './context.ts';
import { dropOver, endIssuance, planIssuance, postponeIssuance } from './plan.ts';
import type { StoredIssuance, StoredVoucher } from './state.ts';

/** Blinded vouchers: the request, and what turns its response into vouchers. */
interface BlindedVouchers {
  readonly body: Bytes;
  /** All vouchers, or null if any of them does not verify: then none is kept (privacy L8). */
  finish(response: Bytes): Promise<StoredVoucher[] | null>;
}

/** The refills of a bundle. @throws {ClientError} `refills-ended` if it has none */
export function refillOf({ bundle }: ActiveBundle): Refill {
  const refill = bundle.extension?.refill ?? null;
  if (refill === null) throw new ClientError('refills-ended');
  return refill;
}

/**
 * Blinds the vouchers of an issuance for the keys that the bundle names.
 *
 * @param range - the first and the last epoch, as indexes
 * @throws {ClientError} `bundle-refused` if the bundle has no key of one of the epochs
 */
async function blindVouchers(
  { voprf, epochSeconds }: Pick<IssuanceDeps, 'voprf' | 'epochSeconds'>,
  active: ActiveBundle,
  { first, last }: { readonly first: number; readonly last: number },
  random: Random,
): Promise<BlindedVouchers> {
  const { keys, perEpoch } = refillOf(active);
  const issuerName = issuerNameOf(active);
  const batches: { readonly epoch: number; readonly key: Bytes; readonly pending: PendingTokens }[] = [];
  for (let epoch = first; epoch <= last; epoch++) {
    const key = keys[epoch - active.bundle.sequence];
    if (key === undefined) throw new ClientError('bundle-refused');
    const context = {
      tokenType: VOPRF_RISTRETTO255,
      issuerName,
      service: 'refill',
      epoch: epoch * epochSeconds,
    };
    const pending = await createTokenRequests({
      voprf,
      tokenType: VOPRF_RISTRETTO255,
      publicKey: key,
      challenge: encodeTokenChallenge(serviceChallenge(context)),
      count: perEpoch,
      random,
      kind: 'amortized',
    });
    batches.push({ epoch, key, pending });
  }
  return {
    body: encodeVoucherRequest({
      firstEpoch: first,
      requests: batches.map(({ pending }) => pending.request),
    }),
    async finish(response) {
      const pending = batches.map((batch) => batch.pending);
      const issued = await finishAll(pending, () => decodeVoucherResponse(response));
      if (issued === null) return null;
      return batches.flatMap(({ epoch, key }, i) =>
        (issued[i] ?? []).map((token) => ({ epoch, key, token })),
      );
    },
  };
}

/** The issuer's name, which every challenge of the bundle has. */
function issuerNameOf({ services }: ActiveBundle): string {
  try {
    return decodeTokenChallenge(services.get('refill')?.challenge ?? new Uint8Array(0)).issuerName;
  } catch {
    throw new ClientError('bundle-refused');
  }
}

/**
 * Requests vouchers if that is due. All of them are kept, or none. The request is durable before it is sent.
 *
 * @throws {ClientError} `quota`, `bad-batch`, `account-refused`, `issuer-failed` and others
 */
export async function issueDue(deps: VouchersDeps, active: ActiveBundle): Promise<void> {
  const { wallet, random, epochSeconds } = deps;
  const { sequence: epoch } = active.bundle;
  const { random: recorded, drawn } = recordRandom(random);
  const planned = await wallet.update((state) => dueIssuance(deps, state, epoch));
  if (planned === null) return;
  const { stored, last } = planned;
  const source = stored === null ? recorded : replayRandom(stored.randomness);
  const blinded = await blindVouchers(deps, active, planned, source);
  const randomness = stored?.randomness ?? drawn();
  const begun = await wallet.update((state) => beginIssuance(deps, state, epoch, { ...planned, randomness }));
  if (!begun) return; // another tab was first
  try {
    const sent = { contentType: VOUCHER_REQUEST, body: blinded.body };
    const vouchers = await blinded.finish(await postWithAccount(deps, '/voucher-request', sent));
    await wallet.update((state) => settleIssuance(state, randomness, vouchers ?? []));
    // What the issuer sees next does not depend on what it sent (privacy L8).
    if (vouchers === null) throw new ClientError('bad-batch');
  } catch (error) {
    if (error instanceof BatchPendingError) {
      await wallet.update((state) => postpone(deps, state, epoch, last));
      throw error.reason;
    }
    if (!(error instanceof ClientError) || error.code !== 'quota') throw clientError(error, 'issuer-failed');
    await wallet.update((state) => settleIssuance(state, randomness, []));
    throw new ClientError('quota', { until: (last + 1) * epochSeconds });
  }
}

interface DueIssuance {
  readonly first: number;
  readonly last: number;
  /** Its request, if it was sent before. */
  readonly stored: StoredIssuance | null;
}

function dueIssuance(deps: VouchersDeps, { vouchers }: WalletState, epoch: number): DueIssuance | null {
  if (vouchers === null) return null;
  const options = planOptions(deps, epoch);
  dropOver(vouchers, options);
  const planned = planIssuance(vouchers, options);
  if (planned === null || planned.dueAt > options.now) return null;
  const { issuance } = vouchers;
  if (inFlightUntil(deps.now(), issuance) !== null) return null;
  const { first, last } = planned;
  const isSame = issuance?.first === first && issuance.last === last;
  return { first, last, stored: isSame ? issuance : null };
}

/** Stores the request before it is sent. False if another tab has sent one meanwhile. */
function beginIssuance(
  deps: VouchersDeps,
  state: WalletState,
  epoch: number,
  { first, last, randomness }: Pick<StoredIssuance, 'first' | 'last' | 'randomness'>,
): boolean {
  const due = dueIssuance(deps, state, epoch);
  const { vouchers } = state;
  if (vouchers === null || due === null || due.first !== first) return false;
  if (due.stored !== null && !equalBytes(due.stored.randomness, randomness)) return false;
  vouchers.issuance = { first, last, randomness, sentAt: deps.now() };
  return true;
}

function settleIssuance({ vouchers }: WalletState, randomness: Bytes, held: readonly StoredVoucher[]): void {
  const stored = vouchers?.issuance ?? null;
  if (vouchers === null || stored === null || !equalBytes(stored.randomness, randomness)) return;
  endIssuance(vouchers, stored.last);
  vouchers.held.push(...held);
}

function postpone(deps: VouchersDeps, { vouchers }: WalletState, epoch: number, last: number): void {
  if (vouchers === null) return;
  postponeIssuance(vouchers, last, planOptions(deps, epoch));
  if (vouchers.issuance !== null) vouchers.issuance = { ...vouchers.issuance, sentAt: null };
}
