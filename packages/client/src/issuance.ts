import {
  createTokenRequests,
  decodeDirectory,
  decodeTokenChallenge,
  PrivacyPassError,
  VOPRF_RISTRETTO255,
  type PendingTokens,
} from '@sotto/privacypass';
import type { Voprf } from '@sotto/voprf';
import { epochStartAt, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { ActiveBundle } from './bundle-cache.ts';
import { ClientError } from './error.ts';
import { sendRequest } from './http.ts';
import type { ClientPlatform } from './platform.ts';

/** Tokens per batch. It is the same for everyone, so that it reveals nothing. */
export const BATCH_SIZE = 30;
const MAX_RESPONSE = 65_536; // bytes

/** What issuance needs. */
export interface IssuanceDeps extends Pick<ClientPlatform, 'fetch' | 'random' | 'now' | 'deadline'> {
  readonly issuer: string;
  readonly account: () => Promise<string>;
  readonly voprf: Voprf;
  readonly epochSeconds: number;
}

/** A batch of blinded elements, which may have been sent already. */
export interface BlindedBatch {
  /** Start of the epoch of its key. */
  readonly epoch: UnixSeconds;
  readonly pending: PendingTokens;
}

/**
 * Blinds a batch for the key that every client uses now: the first one of its service and type in the bundle's
 * directory whose not-before has passed (RFC 9578 §4). The issuer is never asked for a key.
 *
 * @throws {ClientError} `unknown-service`; `bundle-refused` if the bundle contradicts itself
 */
export function blindBatch(
  { voprf, random, now }: Pick<IssuanceDeps, 'voprf' | 'random' | 'now'>,
  { bundle, services }: ActiveBundle,
  service: string,
): BlindedBatch {
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
    const options = { voprf, tokenType, publicKey, challenge, count: BATCH_SIZE, random } as const;
    return { epoch: bundle.notBefore, pending: createTokenRequests({ ...options, kind: 'amortized' }) };
  } catch {
    throw new ClientError('bundle-refused');
  }
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
export async function requestTokens(deps: IssuanceDeps, { pending }: BlindedBatch): Promise<Bytes[] | null> {
  const account = await deps.account().catch(() => null);
  if (account === null || !/^[\x21-\x7e]+$/.test(account)) {
    throw new BatchPendingError(new ClientError('account-refused'));
  }
  const headers = { authorization: `Bearer ${account}`, 'content-type': pending.contentType };
  const request = { headers, body: pending.request, maxBytes: MAX_RESPONSE };
  const { status, body } = await sendRequest(deps, `${deps.issuer}/token-request`, request).catch(() => {
    throw new BatchPendingError(new ClientError('issuer-unreachable'));
  });
  if (status === 429) {
    const until = epochStartAt(deps.now(), deps.epochSeconds) + deps.epochSeconds;
    throw new ClientError('quota', { until });
  }
  if (status === 401 || status === 403) throw new BatchPendingError(new ClientError('account-refused'));
  if (status !== 200) throw new BatchPendingError(new ClientError('issuer-failed'));
  try {
    return await pending.finish(body);
  } catch (error) {
    if (error instanceof PrivacyPassError) return null;
    throw error;
  }
}
