import { decodePack, encodePack, PACK_REQUEST, PACK_RESPONSE, type PendingTokens } from '@sotto/privacypass';
import { REFILL_SERVICE } from '@sotto/bundle';
import type { BhttpResponse } from '@sotto/bhttp';
import { equalBytes, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import type { ActiveBundle } from '../bundle-cache.ts';
import { ClientError, clientError } from '../error.ts';
import { sealEnvelope, type ExchangeDeps } from '../exchange.ts';
import { UnreachableError } from '../http.ts';
import { encodeInner, gatewayProblem } from '../inner.ts';
import { blindTokens, finishAll, type IssuanceDeps } from '../issuance.ts';
import { randomBelow } from '../platform.ts';
import { inFlightUntil } from '../schedule.ts';
import type { WalletState } from '../wallet/state.ts';
import { MAX_TRIES } from '../wallet/tokens.ts';
import { recordRandom, replayRandom } from './blinding.ts';
import { isEmpty, planOptions, type RefillCause, type VouchersDeps } from './context.ts';
import { refillOf } from './issuance.ts';
import { beginRefill, dropOver, heldFor, nextRefill, nextVouchers, postponeRefill } from './plan.ts';
import type { StoredPack } from './state.ts';

/** What blinding and sending a refill need: neither account nor issuer (privacy L15). */
export interface RefillDeps extends ExchangeDeps, Pick<IssuanceDeps, 'voprf' | 'now'> {}

/** Tokens of a service. */
interface ServiceTokens {
  readonly service: string;
  readonly tokens: readonly Bytes[];
}

/** A blinded pack: the content to send, and what turns the response into tokens. */
interface BlindedPack {
  readonly content: Bytes;
  /** The tokens of every service, or null if any proof does not verify: then none is kept (privacy L8). */
  finish(response: Bytes): Promise<ServiceTokens[] | null>;
}

/** Blinds the pack that a voucher buys: tokens of every service, used or not. @throws {ClientError} `bundle-refused` */
async function blindPack(deps: RefillDeps, active: ActiveBundle, random: Random): Promise<BlindedPack> {
  const batches: { readonly service: string; readonly pending: PendingTokens }[] = [];
  for (const { service, tokens: count } of refillOf(active).pack) {
    batches.push({ service, pending: await blindTokens(deps, active, service, { count, random }) });
  }
  return {
    content: encodePack(batches.map(({ pending }) => pending.request)),
    async finish(response) {
      const pending = batches.map((batch) => batch.pending);
      const filled = await finishAll(pending, () => decodePack(response));
      return filled && batches.map(({ service }, i) => ({ service, tokens: filled[i] ?? [] }));
    },
  };
}

/**
 * The result of a refill. `unsent`: certainly nothing was sent. `pending`: the voucher may have been spent; the
 * same pack may be sent again, by an act of the user. `over`: the voucher is gone, with its tokens or without.
 */
type RefillOutcome =
  | { readonly state: 'unsent' | 'pending'; readonly error: ClientError }
  | { readonly state: 'over'; readonly tokens: readonly ServiceTokens[]; readonly error: ClientError | null };

/** After these refusals the voucher is useless, with this pack and with any. */
const FINAL = new Set(['token-required', 'token-invalid', 'spent', 'replayed', 'pack-malformed']);

/** Sends a refill in one envelope, once. */
async function sendPack(
  deps: VouchersDeps,
  active: ActiveBundle,
  pack: BlindedPack,
  voucher: Bytes,
): Promise<RefillOutcome> {
  try {
    const response = await sendInner(deps, active, pack.content, voucher);
    const type = response.fields.find(([name]) => name === 'content-type')?.[1];
    if (response.status === 200 && type === PACK_RESPONSE) {
      const tokens = await pack.finish(response.content);
      const error = tokens === null ? new ClientError('bad-batch') : null;
      return { state: 'over', tokens: tokens ?? [], error };
    }
    const code = gatewayProblem(response);
    if (FINAL.has(code ?? '')) return { state: 'over', tokens: [], error: new ClientError('refill-failed') };
    return { state: 'pending', error: new ClientError(code === 'date' ? 'clock-wrong' : 'refill-failed') };
  } catch (error) {
    if (error instanceof UnreachableError) {
      const reason = new ClientError('relay-unreachable', { cause: error });
      return { state: error.sent ? 'pending' : 'unsent', error: reason };
    }
    const reason = clientError(error, 'refill-failed');
    if (reason.code === 'keys-changed') deps.bundles.refetchLater();
    return { state: 'pending', error: reason };
  }
}

async function sendInner(
  deps: VouchersDeps,
  active: ActiveBundle,
  content: Bytes,
  voucher: Bytes,
): Promise<BhttpResponse> {
  const entry = active.services.get(REFILL_SERVICE);
  if (entry === undefined) throw new ClientError('refills-ended');
  const path = '/v1/pack';
  const request = {
    service: REFILL_SERVICE,
    method: 'POST',
    path,
    contentType: PACK_REQUEST,
    fields: [],
    content,
  };
  const inner = encodeInner(request, { token: voucher, date: deps.now(), length: entry.requestLength });
  const envelope = await sealEnvelope(deps, active, inner, entry);
  return envelope.send();
}

/**
 * Redeems a voucher if a refill is due, or the user needs one. The voucher leaves the wallet's supply, together with the
 * nonces and blinds of its pack, before anything is sent. True if tokens came. @throws {ClientError}
 */
export async function refillDue(
  deps: VouchersDeps,
  active: ActiveBundle,
  cause: RefillCause,
): Promise<boolean> {
  const { wallet, random } = deps;
  const { sequence: epoch, notBefore } = active.bundle;
  const { random: recorded, drawn } = recordRandom(random);
  const due = await wallet.update((state) => dueRefill(deps, state, epoch, cause));
  if (due === null) return false;
  const { again } = due;
  const pack = await blindPack(deps, active, again === null ? recorded : replayRandom(again.randomness));
  const randomness = again?.randomness ?? drawn();
  const sent = await wallet.update((state) => beginPack(deps, state, { epoch, cause, randomness }));
  if (sent === null) return false; // another tab was first
  const outcome = await sendPack(deps, active, pack, sent.voucher.token);
  await wallet.update((state) => settlePack(deps, state, sent, { outcome, notBefore }));
  if (outcome.error !== null) throw outcome.error;
  return true;
}

/**
 * What to send: the pack that was not answered, again and only for the user; or a new one. Null if nothing.
 *
 * @throws {ClientError} `no-vouchers`
 */
function dueRefill(
  deps: VouchersDeps,
  state: WalletState,
  epoch: number,
  cause: RefillCause,
): { readonly again: StoredPack | null } | null {
  const { vouchers } = state;
  if (vouchers === null) return null;
  const options = planOptions(deps, epoch);
  dropOver(vouchers, options);
  const { pack } = vouchers;
  if (inFlightUntil(deps.now(), pack) !== null) return null;
  if (cause === 'user' && pack !== null && pack.attempts < MAX_TRIES) return { again: pack };
  if (cause === 'user') {
    if (heldFor(vouchers, epoch).length > 0) return { again: null };
    throw new ClientError('no-vouchers', { until: nextVouchers(vouchers, options) });
  }
  const dueAt = nextRefill(vouchers, isEmpty(deps, state), options);
  return dueAt !== null && dueAt <= options.now ? { again: null } : null;
}

interface BegunPack {
  readonly epoch: number;
  readonly cause: RefillCause;
  readonly randomness: Bytes;
}

/** Moves a voucher to the row of its pack. Null if another tab was first. */
function beginPack(
  deps: VouchersDeps,
  state: WalletState,
  { epoch, cause, randomness }: BegunPack,
): StoredPack | null {
  const due = dueRefill(deps, state, epoch, cause);
  const { vouchers } = state;
  if (vouchers === null || due === null) return null;
  const options = planOptions(deps, epoch);
  const { now: sentAt, random } = options;
  if (due.again !== null) {
    if (!equalBytes(due.again.randomness, randomness)) return null;
    vouchers.pack = { ...due.again, attempts: due.again.attempts + 1, sentAt };
    return vouchers.pack;
  }
  const held = heldFor(vouchers, epoch);
  const voucher = held[randomBelow(held.length, random)];
  if (voucher === undefined) return null;
  beginRefill(vouchers, isEmpty(deps, state), options);
  vouchers.held = vouchers.held.filter((one) => one !== voucher);
  vouchers.pack = { epoch, voucher, randomness, attempts: 1, sentAt };
  return vouchers.pack;
}

function settlePack(
  deps: VouchersDeps,
  state: WalletState,
  sent: StoredPack,
  { outcome, notBefore }: { readonly outcome: RefillOutcome; readonly notBefore: UnixSeconds },
): void {
  const { vouchers } = state;
  const pack = vouchers?.pack ?? null;
  if (vouchers === null || pack === null || !equalBytes(pack.voucher.token, sent.voucher.token)) return;
  if (outcome.state === 'over') {
    vouchers.pack = null;
    const issuedAt = deps.now();
    for (const { service, tokens } of outcome.tokens) {
      for (const token of tokens) state.tokens.push({ service, epoch: notBefore, issuedAt, token });
    }
    return;
  }
  vouchers.pack = { ...pack, sentAt: null };
  if (outcome.state !== 'unsent' || pack.attempts > 1) return;
  vouchers.pack = null; // nobody has seen the voucher or the pack
  vouchers.held.push(pack.voucher);
  postponeRefill(vouchers, planOptions(deps, pack.epoch));
}
