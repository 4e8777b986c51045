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
} from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import {
  decoded,
  nextEpoch,
  takeBudget,
  takeQuota,
  type Drawing,
  type Issued,
  type IssueDeps,
} from './drawing.ts';
import { issueGeneric } from './issue-generic.ts';
import type { LiveKey, Ring } from './keyring.ts';
import { Refusal } from './refusal.ts';

const KINDS = {
  [TOKEN_REQUEST]: issueOne,
  [AMORTIZED_REQUEST]: issueBatch,
  [GENERIC_REQUEST]: issueGeneric,
} as const;

export type RequestKind = keyof typeof KINDS;
export const REQUEST_KINDS = Object.keys(KINDS) as RequestKind[];

/**
 * Signs blinded elements for an account (RFC 9578 §5.2, draft-ietf-privacypass-batched-tokens).
 *
 * Everything is checked before anything is counted, and the quota is counted before anything is signed.
 *
 * @throws {Refusal} with the one constant answer of each reason
 */
export async function issue(
  deps: IssueDeps,
  kind: RequestKind,
  bearer: string | null,
  readBody: () => Promise<Bytes>,
): Promise<Issued> {
  if (bearer === null) throw new Refusal('unauthorized', 'credential');
  return deps.keyring.use(async (ring) => {
    const attested = await deps.attester.attest(bearer, ring.epoch);
    const body = await readBody();
    return deps.queue.enter((inTurn) => {
      const evaluate: Drawing['evaluate'] = (evaluation) =>
        inTurn(() => {
          checkEpoch(deps, ring);
          return evaluation();
        });
      return KINDS[kind](deps, { ring, attested, body, evaluate });
    });
  });
}

/** A body may come slowly, and the line may be long: a key does not sign past its epoch. */
function checkEpoch({ system }: IssueDeps, { until }: Ring): void {
  if (system.now() >= until) throw new Refusal('unprocessable-content', 'epoch');
}

async function issueOne(deps: IssueDeps, drawing: Drawing): Promise<Issued> {
  const request = decoded(() => decodeTokenRequest(drawing.body));
  const key = signingKey(deps, drawing.ring, request);
  await draw(deps, drawing, key, [request.blindedMsg]);
  const body = await drawing.evaluate(() => issueSingle(key.voprf, key.pair, request, deps.system.random));
  deps.count(`issued ${key.service}`);
  return { status: 200, contentType: TOKEN_RESPONSE, body };
}

async function issueBatch(deps: IssueDeps, drawing: Drawing): Promise<Issued> {
  const request = decoded(() => decodeAmortizedBatchTokenRequest(drawing.body));
  const key = signingKey(deps, drawing.ring, request);
  await draw(deps, drawing, key, request.blindedMsgs);
  const body = await drawing.evaluate(() => issueAmortized(key.voprf, key.pair, request, deps.system.random));
  deps.count(`issued ${key.service}`, request.blindedMsgs.length);
  return { status: 200, contentType: AMORTIZED_RESPONSE, body };
}

/** Checks a batch, then counts it against the account's quota and the key's ceiling. */
async function draw(
  deps: IssueDeps,
  drawing: Drawing,
  key: LiveKey,
  elements: readonly Bytes[],
): Promise<void> {
  if (!key.policy.batch.includes(elements.length)) throw new Refusal('unprocessable-content', 'batch-size');
  const good = await drawing.evaluate(() => elements.every((element) => key.voprf.isElement(element)));
  if (!good) throw new Refusal('unprocessable-content', 'element');
  if ((await takeQuota(deps, drawing, key, elements.length)) === 'exhausted') {
    throw new Refusal('too-many-requests', 'quota', { retryAfter: nextEpoch(deps, drawing.ring) });
  }
  if (!(await takeBudget(deps, key, elements.length))) {
    throw new Refusal('unavailable', 'ceiling', { retryAfter: nextEpoch(deps, drawing.ring) });
  }
}

/** The key that a request names, of those that sign now. */
function signingKey(
  deps: IssueDeps,
  ring: Ring,
  request: { readonly tokenType: number; readonly truncatedTokenKeyId: number },
): LiveKey {
  if (!ring.signs) throw new Refusal('unavailable', 'epoch', { retryAfter: nextEpoch(deps, ring) });
  const key = ring.signing(request.tokenType, request.truncatedTokenKeyId);
  if (key === undefined) throw new Refusal('unprocessable-content', 'key');
  return key;
}
