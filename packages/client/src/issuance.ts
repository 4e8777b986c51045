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
import { ClientError } from './error.ts';
import { ask } from './http.ts';
import type { HeldBundle } from './keys.ts';
import type { Platform } from './platform.ts';

/** Tokens in a batch: one number for everyone, so that it tells nothing. */
export const BATCH = 30;
const MAX_RESPONSE = 65_536; // bytes

export interface IssuanceDeps extends Pick<Platform, 'fetch' | 'random' | 'now' | 'deadline'> {
  readonly issuer: string;
  readonly account: () => Promise<string>;
  readonly voprf: Voprf;
  readonly epochSeconds: number;
}

/** A batch that was blinded, and perhaps sent. */
export interface BlindedBatch {
  readonly epoch: UnixSeconds;
  readonly pending: PendingTokens;
}

/**
 * Blinds a batch for the key that everyone uses now: the first of its service and type in the bundle's directory
 * whose not-before is past (RFC 9578 §4). The issuer is never asked which.
 *
 * @throws {ClientError} `unknown-service`; `bundle-refused` when the bundle contradicts itself
 */
export function blindBatch(
  { voprf, random, now }: Pick<IssuanceDeps, 'voprf' | 'random' | 'now'>,
  { bundle, services }: HeldBundle,
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
    const options = { voprf, tokenType, publicKey, challenge, count: BATCH, random } as const;
    return { epoch: bundle.notBefore, pending: createTokenRequests({ ...options, kind: 'amortized' }) };
  } catch {
    throw new ClientError('bundle-refused');
  }
}

/** No answer: the batch may be sent again as it is, and is counted once. */
export class Unanswered extends Error {
  readonly reason: ClientError;

  constructor(reason: ClientError) {
    super(reason.code);
    this.reason = reason;
  }
}

/**
 * Sends a blinded batch and verifies the proof over all of it.
 *
 * @returns 30 encoded tokens, or null when the issuer answered with anything that is not provably right: then not
 *   one is kept, and which fault it was is known to nobody, not even to our caller
 * @throws {Unanswered}
 * @throws {ClientError} `quota`
 */
export async function drawBatch(deps: IssuanceDeps, { pending }: BlindedBatch): Promise<Bytes[] | null> {
  const account = await deps.account().catch(() => null);
  if (account === null || !/^[\x21-\x7e]+$/.test(account)) {
    throw new Unanswered(new ClientError('account-refused'));
  }
  const headers = { authorization: `Bearer ${account}`, 'content-type': pending.contentType };
  const sent = { headers, body: pending.request, maxBytes: MAX_RESPONSE };
  const answer = await ask(deps, `${deps.issuer}/token-request`, sent).catch(() => {
    throw new Unanswered(new ClientError('issuer-unreachable'));
  });
  const { status } = answer;
  if (status === 429) {
    const now = deps.now();
    const until = epochStartAt(now, deps.epochSeconds) + deps.epochSeconds;
    throw new ClientError('quota', { until });
  }
  if (status === 401 || status === 403) throw new Unanswered(new ClientError('account-refused'));
  if (status !== 200) throw new Unanswered(new ClientError('issuer-failed'));
  try {
    return await pending.finish(answer.body);
  } catch (error) {
    if (error instanceof PrivacyPassError) return null;
    throw error;
  }
}
