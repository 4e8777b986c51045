import { sha256 } from '@noble/hashes/sha2.js';
import {
  decodeAmortizedBatchTokenRequest,
  decodePack,
  decodeToken,
  encodePack,
  issueAmortized,
  type AmortizedBatchTokenRequest,
} from '@sotto/privacypass';
import type { RefillCall, RefillOutcome, RefillResult } from '@sotto/redemption';
import { concat, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';
import { REFILL, type VoucherConfig } from './config.ts';
import type { EvaluationLimiter } from './evaluation-limiter.ts';
import type { EvaluationQueue } from './evaluation-queue.ts';
import type { LiveKey, Ring } from './keyring.ts';
import { decodeOrNull, isCall, isGenuine, spendToken, type RedeemDeps } from './redeem.ts';

export interface RefillDeps extends RedeemDeps {
  readonly queue: EvaluationQueue;
  readonly limiter: EvaluationLimiter;
  readonly now: () => UnixSeconds;
  /** The tokens that a voucher buys; null where no vouchers are issued. */
  readonly pack: VoucherConfig['pack'] | null;
}

type Filled = Omit<RefillResult, 'revision'>;
type Call = Omit<RefillCall, 'knownRevision'>;

const TAG = 32; // bytes

/**
 * Spends a voucher and signs its pack. Never throws.
 *
 * Everything that can go wrong with an honest request is found before the voucher is spent: the form of the pack, its
 * keys and elements, a full queue, a key at its ceiling, the end of the epoch. After the spend there is only signing, and the
 * same pack is signed again if the response was lost (specs/decisions/0006).
 *
 * @param requireStore - rejects when the store must not be used
 */
export async function refill(
  deps: RefillDeps,
  call: Call,
  requireStore: () => Promise<void>,
): Promise<Filled> {
  const decided = requireStore().then(() => deps.keyring.use((ring) => fill(deps, ring, call)));
  const result = await decided.catch((): Filled => failed('unavailable'));
  deps.count(`refilled ${result.outcome}`);
  return result;
}

const failed = (outcome: RefillOutcome): Filled => ({ outcome, body: null });

async function fill(deps: RefillDeps, ring: Ring, call: Call): Promise<Filled> {
  const { pack, envelope } = call;
  const typed = [call.token, pack, envelope].every((value) => value instanceof Uint8Array);
  if (!typed || envelope.length !== TAG || !isCall(call.call)) return failed('invalid');
  const token = decodeOrNull(() => decodeToken(call.token.slice()));
  const key = token === null ? undefined : ring.refilling(token.tokenKeyId);
  if (token === null || key === undefined || !(await isGenuine(key, REFILL, token))) return failed('invalid');
  const batches = packBatches(deps, ring, pack.slice());
  if (batches === null) return failed('malformed');
  return deps.queue.enter(async (evaluate) => {
    if (!(await evaluate(() => batches.every(hasElements)))) return failed('malformed');
    for (const batch of batches) {
      const { keyId, policy } = batch.key;
      const count = batch.request.blindedMsgs.length;
      if (!(await deps.limiter.reserve({ keyId, ceiling: policy.ceiling }, count)))
        return failed('unavailable');
    }
    if (deps.now() >= ring.until) return failed('invalid'); // the wait in the queue was too long
    const spend = { ...call, tag: packTag(pack), idempotent: true };
    const outcome = await spendToken(deps, key, token, spend);
    if (outcome !== 'first' && outcome !== 'again') return failed(outcome);
    const signed: Bytes[] = [];
    for (const { key: signing, request } of batches) {
      signed.push(await evaluate(() => issueAmortized(signing.voprf, signing.pair, request, deps.random)));
    }
    return { outcome, body: encodePack(signed) };
  });
}

interface Batch {
  readonly key: LiveKey;
  readonly request: AmortizedBatchTokenRequest;
}

const hasElements = ({ key, request }: Batch): boolean =>
  request.blindedMsgs.every((element) => key.voprf.isElement(element));

/** The batches of a pack, if they are those that the bundle names: services, their order, keys and numbers of tokens. */
function packBatches({ pack: wanted }: RefillDeps, ring: Ring, pack: Bytes): readonly Batch[] | null {
  const requests = decodeOrNull(() => decodePack(pack).map(decodeAmortizedBatchTokenRequest));
  if (requests === null || wanted === null || requests.length !== wanted.length) return null;
  const batches: Batch[] = [];
  for (const [i, request] of requests.entries()) {
    const key = ring.signing(request.tokenType, request.truncatedTokenKeyId);
    const entry = wanted[i];
    if (key?.service !== entry?.service || request.blindedMsgs.length !== entry?.tokens) return null;
    if (key !== undefined) batches.push({ key, request });
  }
  return batches;
}

/** The tag that identifies a refill: a digest of the pack, so that a retry yields the same tokens. */
function packTag(pack: Bytes): Bytes {
  return sha256(concat(utf8('sotto pack\0'), pack));
}
