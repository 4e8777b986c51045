import {
  decodeGenericBatchTokenRequest,
  encodeGenericBatchTokenResponse,
  GENERIC_RESPONSE,
  issueSingle,
  type GenericTokenResponse,
  type TokenRequest,
} from '@sotto/privacypass';
import {
  chargeQuota,
  decodeBody,
  nextEpochDate,
  reserveEvaluations,
  type Issuance,
  type IssuanceDeps,
  type IssuanceResponse,
} from './issuance.ts';
import type { LiveKey } from './keyring.ts';
import { Refusal } from './refusal.ts';

/**
 * Responds to each request of a generic batch by itself, with null for those that are refused. 206 when some are
 * signed; when none is, 403 if a service wants vouchers, else 400. The size of the batch is limited like that of any other.
 */
export async function issueGeneric(deps: IssuanceDeps, issuance: Issuance): Promise<IssuanceResponse> {
  const requests = decodeBody(() => decodeGenericBatchTokenRequest(issuance.body));
  const { ring } = issuance;
  if (!ring.signs) throw new Refusal('unavailable', 'epoch', { retryAfter: nextEpochDate(deps, ring) });
  const keys = await issuance.evaluate(() =>
    requests.map((request) => keyOf(issuance, request, requests.length)),
  );
  const charged = await chargeEach(deps, issuance, keys);
  const responses: GenericTokenResponse[] = [];
  for (const [i, request] of requests.entries()) {
    const key = keys[i];
    responses.push(key && charged.has(key) ? await sign(deps, issuance, key, request) : null);
  }
  const signed = responses.filter((response) => response !== null).length;
  if (signed === 0) {
    throw requests.some((request) => wantsVoucher(issuance, request))
      ? new Refusal('voucher-required', 'direct')
      : new Refusal('bad-request', 'key');
  }
  const body = encodeGenericBatchTokenResponse(responses);
  return { status: signed === responses.length ? 200 : 206, contentType: GENERIC_RESPONSE, body };
}

function keyOf({ ring }: Issuance, request: TokenRequest, size: number): LiveKey | undefined {
  const key = ring.signing(request.tokenType, request.truncatedTokenKeyId);
  return key?.policy.direct && key.policy.batch.includes(size) && key.voprf.isElement(request.blindedMsg)
    ? key
    : undefined;
}

const wantsVoucher = ({ ring }: Issuance, request: TokenRequest): boolean =>
  ring.signing(request.tokenType, request.truncatedTokenKeyId)?.policy.direct === false;

/** Charges each service's part to its quota, and each key's part to its ceiling. Returns the keys that may sign. */
async function chargeEach(
  deps: IssuanceDeps,
  issuance: Issuance,
  keys: readonly (LiveKey | undefined)[],
): Promise<ReadonlySet<LiveKey>> {
  const charged = new Set<LiveKey>();
  const requested = keys.filter((key) => key !== undefined);
  for (const service of new Set(requested.map((key) => key.service))) {
    const part = requested.filter((key) => key.service === service);
    const [first] = part;
    if (first === undefined || !(await chargeQuota(deps, issuance, first, part.length))) continue;
    for (const key of new Set(part)) {
      const count = part.filter((other) => other === key).length;
      if (await reserveEvaluations(deps, key, count)) charged.add(key);
    }
  }
  return charged;
}

async function sign(
  deps: IssuanceDeps,
  { account, evaluate }: Issuance,
  key: LiveKey,
  request: TokenRequest,
): Promise<GenericTokenResponse> {
  const response = await evaluate(() => issueSingle(key.voprf, key.pair, request, deps.system.random));
  deps.tally.count(`issued ${key.service}`, account.hash);
  return { tokenType: key.type, response };
}
