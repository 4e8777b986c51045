import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  createTokenRequests,
  decodeDirectory,
  decodeTokenChallenge,
  PrivacyPassError,
  VOPRF_RISTRETTO255,
  type PendingTokens,
} from '@sotto/privacypass';
import type { VoprfClient } from '@sotto/voprf';
import { concat, epochStartAt, ProtocolError, uint, type Bytes, type Random } from '@sotto/wire';
import type { ActiveBundle } from './bundle-cache.ts';
import { withDeadline } from './deadline.ts';
import { ClientError, type ClientErrorCode } from './error.ts';
import { sendRequest, type HttpResult } from './http.ts';
import type { PinnedPolicy } from './logged.ts';
import type { ClientPlatform } from './platform.ts';
import { problemCode } from './problem.ts';
import type { StoredBatch } from './wallet/state.ts';

/** Tokens per batch. It is the same for everyone, so that it reveals nothing. */
export const BATCH_SIZE = 30;
const MAX_RESPONSE = 65_536; // bytes
const ACCOUNT_SECONDS = 30; // for the application to return its account token

/** The dependencies of issuance. */
export interface IssuanceDeps extends Pick<ClientPlatform, 'fetch' | 'random' | 'now' | 'deadline'> {
  readonly issuer: string;
  readonly account: () => Promise<string>;
  readonly voprf: VoprfClient;
  readonly epochSeconds: number;
  /** Null for a client that gets no bundles of version 2, and so no vouchers. */
  readonly policy: PinnedPolicy | null;
}

/**
 * Blinds a batch for the key that every client uses now: the first one of its service and type in the bundle's
 * directory whose not-before has passed (RFC 9578 §4). Keys are never requested from the issuer.
 *
 * @param batch.seed - nonces and blinds are derived from it, so that the same batch can be made again
 * @throws {ClientError} `unknown-service`; `bundle-refused` if the bundle contradicts itself
 */
export async function blindBatch(
  deps: Pick<IssuanceDeps, 'voprf' | 'now'>,
  active: ActiveBundle,
  service: string,
  { seed }: Pick<StoredBatch, 'seed'>,
): Promise<PendingTokens> {
  return blindTokens(deps, active, service, { count: BATCH_SIZE, random: expandSeed(seed) });
}

/** Blinds tokens of a service for the key that every client uses now. @throws as `blindBatch` */
export async function blindTokens(
  { voprf, now }: Pick<IssuanceDeps, 'voprf' | 'now'>,
  { bundle, services }: ActiveBundle,
  service: string,
  { count, random }: { readonly count: number; readonly random: Random },
): Promise<PendingTokens> {
  const entry = services.get(service);
  if (entry === undefined) throw new ClientError('unknown-service');
  const { challenge, tokenType } = entry;
  if (tokenType !== VOPRF_RISTRETTO255) throw new ClientError('unknown-service');
  const time = Math.max(now(), bundle.notBefore);
  try {
    const key = decodeDirectory(bundle.directory).tokenKeys.find(
      (one) => one.service === service && one.tokenType === tokenType && (one.notBefore ?? 0) <= time,
    );
    const { originInfo } = decodeTokenChallenge(challenge);
    if (key === undefined || originInfo !== service) throw new ClientError('bundle-refused');
    if ((key.notBefore ?? bundle.notBefore) !== bundle.notBefore) throw new ClientError('bundle-refused');
    const publicKey = key.tokenKey;
    const options = { voprf, tokenType, publicKey, challenge, count, random } as const;
    return await createTokenRequests({ ...options, kind: 'amortized' });
  } catch {
    throw new ClientError('bundle-refused');
  }
}

/** Randomness that can be derived again: HMAC-SHA256 of a counter under the seed. */
function expandSeed(seed: Bytes): Random {
  let counter = 0;
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      hmac(sha256, seed, uint(4, counter++)),
    );
    return concat(...blocks).slice(0, length);
  };
}

/** The issuer did not issue the batch. It may be sent again unchanged, and then counts once. */
export class BatchPendingError extends Error {
  readonly reason: ClientError;

  constructor(reason: ClientError) {
    super(reason.code);
    this.reason = reason;
  }
}

/**
 * Sends a blinded batch and verifies the proof over all of it.
 *
 * @returns 30 encoded tokens; or null if the response does not verify. Then no token is kept, and nobody, not even
 *   the caller, learns which check failed (privacy L8)
 * @throws {BatchPendingError}
 * @throws {ClientError} `quota`
 */
export async function requestTokens(deps: IssuanceDeps, pending: PendingTokens): Promise<Bytes[] | null> {
  const { contentType, request: body } = pending;
  const response = await postWithAccount(deps, '/token-request', { contentType, body });
  try {
    return await pending.finish(response);
  } catch (error) {
    if (error instanceof PrivacyPassError) return null;
    throw error;
  }
}

/**
 * The tokens of several batches, in the order of the batches. Null if the response or any of its proofs does not verify:
 * then none is kept (privacy L8).
 *
 * @param decode - gives the parts of the response, one for each batch
 */
export async function finishAll(
  batches: readonly PendingTokens[],
  decode: () => readonly Bytes[],
): Promise<Bytes[][] | null> {
  try {
    const parts = decode();
    if (parts.length !== batches.length) return null;
    const finished: Bytes[][] = [];
    for (const [i, batch] of batches.entries())
      finished.push(await batch.finish(parts[i] ?? new Uint8Array(0)));
    return finished;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Sends an issuance request in the name of the account, and returns the body of the response. @throws as `requestTokens` */
export async function postWithAccount(
  deps: IssuanceDeps,
  path: string,
  sent: { readonly contentType: string; readonly body: Bytes },
): Promise<Bytes> {
  const account = await accountToken(deps).catch(() => null);
  if (account === null || !/^[\x21-\x7e]+$/.test(account)) {
    throw new BatchPendingError(new ClientError('account-unavailable'));
  }
  const headers = { authorization: `Bearer ${account}`, 'content-type': sent.contentType };
  const request = { headers, body: sent.body, maxBytes: MAX_RESPONSE };
  const response = await sendRequest(deps, deps.issuer + path, request).catch((cause: unknown) => {
    throw new BatchPendingError(new ClientError('issuer-unreachable', { cause }));
  });
  if (response.status === 200) return response.body;
  if (response.status === 429) {
    const until = epochStartAt(deps.now(), deps.epochSeconds) + deps.epochSeconds;
    throw new ClientError('quota', { until });
  }
  throw new BatchPendingError(new ClientError(refusalCode(deps, response)));
}

/** The error for an issuer that issues nothing to the account for now. */
function refusalCode(
  { policy }: Pick<IssuanceDeps, 'policy'>,
  { status, type, body }: HttpResult,
): ClientErrorCode {
  const code = problemCode(type, body);
  // With a policy, the client would have vouchers if the bundle had refills.
  if (code === 'voucher-required') return policy === null ? 'policy-required' : 'refills-ended';
  if (code === 'vouchers-off') return 'refills-ended';
  return status === 401 || status === 403 ? 'account-refused' : 'issuer-failed';
}

/** Calls the application, but not for longer than 30 s: other tabs wait for this refill. */
async function accountToken({ account, deadline }: IssuanceDeps): Promise<string> {
  return withDeadline(account(), deadline?.(ACCOUNT_SECONDS), () => new Error('account() did not settle'));
}
