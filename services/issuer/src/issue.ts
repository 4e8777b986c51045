import {
  AMORTIZED_REQUEST,
  AMORTIZED_RESPONSE,
  decodeAmortizedBatchTokenRequest,
  decodeTokenRequest,
  GENERIC_REQUEST,
  issueAmortized,
  issueSingle,
  TOKEN_REQUEST,
  TOKEN_RESPONSE,
  VOUCHER_REQUEST,
} from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import {
  chargeQuota,
  decodeBody,
  nextEpochDate,
  reserveEvaluations,
  type Issuance,
  type IssuanceDeps,
  type IssuanceResponse,
} from './issuance.ts';
import { issueGeneric } from './issue-generic.ts';
import type { LiveKey, Ring } from './keyring.ts';
import { Refusal } from './refusal.ts';
import { issueVouchers } from './issue-vouchers.ts';

const KINDS = {
  [TOKEN_REQUEST]: issueOne,
  [AMORTIZED_REQUEST]: issueBatch,
  [GENERIC_REQUEST]: issueGeneric,
} as const;

/** A media type of issuance requests. */
export type RequestKind = keyof typeof KINDS;
export const REQUEST_KINDS = Object.keys(KINDS) as RequestKind[];

/**
 * Signs blinded elements for an account (RFC 9578 §5.2, draft-ietf-privacypass-batched-tokens).
 *
 * Everything is checked before anything is charged, and the quota is charged before anything is signed.
 *
 * @throws {Refusal} with one constant response for each reason
 */
export async function issue(
  deps: IssuanceDeps,
  kind: RequestKind | typeof VOUCHER_REQUEST,
  bearer: string | null,
  readBody: () => Promise<Bytes>,
): Promise<IssuanceResponse> {
  if (bearer === null) throw new Refusal('unauthorized', 'credential');
  return deps.keyring.use(async (ring) => {
    const { epoch, accountKey } = ring;
    if (accountKey === null) {
      throw new Refusal('unavailable', 'account-key', { retryAfter: nextEpochDate(deps, ring) });
    }
    const attest: Issuance['attest'] = (context) => deps.attester.attest(bearer, context);
    const account = await attest({ epoch, accountKey });
    const handle = kind === VOUCHER_REQUEST ? issueVouchers : KINDS[kind];
    try {
      return await issueTo(deps, { ring, account, attest }, handle, readBody);
    } catch (error) {
      if (error instanceof Refusal) error.account = account.hash;
      throw error;
    }
  });
}

async function issueTo(
  deps: IssuanceDeps,
  { ring, account, attest }: Pick<Issuance, 'ring' | 'account' | 'attest'>,
  handle: (deps: IssuanceDeps, issuance: Issuance) => Promise<IssuanceResponse>,
  readBody: () => Promise<Bytes>,
): Promise<IssuanceResponse> {
  const leave = deps.accounts.enter(account.hash);
  try {
    const body = await readBody();
    return await deps.queue.enter((inTurn) => {
      const evaluate: Issuance['evaluate'] = (evaluation) =>
        inTurn(() => {
          checkEpoch(deps, ring);
          return evaluation();
        });
      return handle(deps, { ring, account, attest, body, evaluate });
    });
  } finally {
    leave();
  }
}

/** Bodies may arrive slowly and the queue may be long, but a key does not sign after its epoch. */
function checkEpoch({ system }: IssuanceDeps, { until }: Ring): void {
  if (system.now() >= until) throw new Refusal('unprocessable-content', 'epoch');
}

async function issueOne(deps: IssuanceDeps, issuance: Issuance): Promise<IssuanceResponse> {
  const request = decodeBody(() => decodeTokenRequest(issuance.body));
  const key = signingKey(deps, issuance.ring, request);
  await checkAndCharge(deps, issuance, key, [request.blindedMsg]);
  const body = await issuance.evaluate(() => issueSingle(key.voprf, key.pair, request, deps.system.random));
  deps.tally.count(`issued ${key.service}`, issuance.account.hash);
  return { status: 200, contentType: TOKEN_RESPONSE, body };
}

async function issueBatch(deps: IssuanceDeps, issuance: Issuance): Promise<IssuanceResponse> {
  const request = decodeBody(() => decodeAmortizedBatchTokenRequest(issuance.body));
  const key = signingKey(deps, issuance.ring, request);
  await checkAndCharge(deps, issuance, key, request.blindedMsgs);
  const body = await issuance.evaluate(() =>
    issueAmortized(key.voprf, key.pair, request, deps.system.random),
  );
  deps.tally.count(`issued ${key.service}`, issuance.account.hash);
  return { status: 200, contentType: AMORTIZED_RESPONSE, body };
}

/** Checks a batch, then charges it to the account's quota and to the key's ceiling. */
async function checkAndCharge(
  deps: IssuanceDeps,
  issuance: Issuance,
  key: LiveKey,
  elements: readonly Bytes[],
): Promise<void> {
  if (!key.policy.batch.includes(elements.length)) throw new Refusal('unprocessable-content', 'batch-size');
  const areValid = await issuance.evaluate(() => elements.every((element) => key.voprf.isElement(element)));
  if (!areValid) throw new Refusal('unprocessable-content', 'element');
  if (!(await chargeQuota(deps, issuance, key, elements.length))) {
    throw new Refusal('too-many-requests', 'quota', { retryAfter: nextEpochDate(deps, issuance.ring) });
  }
  if (!(await reserveEvaluations(deps, key, elements.length))) {
    throw new Refusal('unavailable', 'ceiling', { retryAfter: nextEpochDate(deps, issuance.ring) });
  }
}

/** The current key that a request names. */
function signingKey(
  deps: IssuanceDeps,
  ring: Ring,
  request: { readonly tokenType: number; readonly truncatedTokenKeyId: number },
): LiveKey {
  if (!ring.signs) throw new Refusal('unavailable', 'epoch', { retryAfter: nextEpochDate(deps, ring) });
  const key = ring.signing(request.tokenType, request.truncatedTokenKeyId);
  if (key === undefined) throw new Refusal('unprocessable-content', 'key');
  if (!key.policy.direct) throw new Refusal('voucher-required', 'direct');
  return key;
}
