import {
  decodeGenericBatchTokenRequest,
  encodeGenericBatchTokenResponse,
  GENERIC_RESPONSE,
  issueSingle,
  type GenericTokenResponse,
  type TokenRequest,
} from '@sotto/privacypass';
import {
  decoded,
  nextEpoch,
  takeBudget,
  takeQuota,
  type Drawing,
  type Issued,
  type IssueDeps,
} from './drawing.ts';
import type { LiveKey } from './keyring.ts';
import { Refusal } from './refusal.ts';

/**
 * Answers a generic batch: each request by itself, and none for those that are refused. 206 when some
 * are answered, 400 when none is. The size of the whole is fixed as that of any batch.
 */
export async function issueGeneric(deps: IssueDeps, drawing: Drawing): Promise<Issued> {
  const requests = decoded(() => decodeGenericBatchTokenRequest(drawing.body));
  const { ring } = drawing;
  if (!ring.signs) throw new Refusal('unavailable', 'epoch', { retryAfter: nextEpoch(deps, ring) });
  const keys = await drawing.evaluate(() =>
    requests.map((request) => keyOf(drawing, request, requests.length)),
  );
  const paid = await pay(deps, drawing, keys);
  const responses: GenericTokenResponse[] = [];
  for (const [i, request] of requests.entries()) {
    const key = keys[i];
    responses.push(key && paid.has(key.keyId) ? await answer(deps, drawing, key, request) : null);
  }
  const answered = responses.filter((response) => response !== null).length;
  if (answered === 0) throw new Refusal('bad-request', 'key');
  const body = encodeGenericBatchTokenResponse(responses);
  return { status: answered === responses.length ? 200 : 206, contentType: GENERIC_RESPONSE, body };
}

function keyOf({ ring }: Drawing, request: TokenRequest, size: number): LiveKey | undefined {
  const key = ring.signing(request.tokenType, request.truncatedTokenKeyId);
  return key?.policy.batch.includes(size) && key.voprf.isElement(request.blindedMsg) ? key : undefined;
}

/** Counts each service's part against its quota, and each key's against its ceiling. Returns the ids of the keys that may sign. */
async function pay(
  deps: IssueDeps,
  drawing: Drawing,
  keys: readonly (LiveKey | undefined)[],
): Promise<ReadonlySet<LiveKey['keyId']>> {
  const paid = new Set<LiveKey['keyId']>();
  const wanted = keys.filter((key) => key !== undefined);
  for (const service of new Set(wanted.map((key) => key.service))) {
    const mine = wanted.filter((key) => key.service === service);
    const [first] = mine;
    if (first === undefined || (await takeQuota(deps, drawing, first, mine.length)) === 'exhausted') continue;
    for (const key of new Set(mine)) {
      const count = mine.filter((other) => other === key).length;
      if (await takeBudget(deps, key, count)) paid.add(key.keyId);
    }
  }
  return paid;
}

async function answer(
  deps: IssueDeps,
  { evaluate }: Drawing,
  key: LiveKey,
  request: TokenRequest,
): Promise<GenericTokenResponse> {
  const response = await evaluate(() => issueSingle(key.voprf, key.pair, request, deps.system.random));
  deps.count(`issued ${key.service}`);
  return { tokenType: key.type, response };
}
