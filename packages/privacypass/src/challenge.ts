import { sha256 } from '@noble/hashes/sha2.js';
import { concat, fromUtf8, Reader, uint, utf8, vector, type Bytes, type UnixSeconds } from '@sotto/wire';
import { PrivacyPassError } from './error.ts';

/**
 * The challenge that a token is issued for (RFC 9577 §2.1).
 *
 *     struct { uint16 token_type; opaque issuer_name<1..2^16-1>;
 *              opaque redemption_context<0..32>; opaque origin_info<0..2^16-1>; }
 */
export interface TokenChallenge {
  readonly tokenType: number;
  readonly issuerName: string;
  readonly redemptionContext: Bytes; // 0 or 32 bytes
  readonly originInfo: string; // origin names separated by commas, or empty
}

function check({ issuerName, redemptionContext }: TokenChallenge): void {
  if (issuerName === '') throw new PrivacyPassError('bad-challenge', 'issuer_name is empty');
  if (redemptionContext.length !== 0 && redemptionContext.length !== 32) {
    throw new PrivacyPassError(
      'bad-challenge',
      `redemption_context has ${redemptionContext.length} bytes, not 0 or 32`,
    );
  }
}

/** Encodes a challenge. @throws {PrivacyPassError} `bad-challenge` @throws {WireError} `out-of-range` */
export function encodeTokenChallenge(challenge: TokenChallenge): Bytes {
  check(challenge);
  return concat(
    uint(2, challenge.tokenType),
    vector(2, utf8(challenge.issuerName)),
    vector(1, challenge.redemptionContext),
    vector(2, utf8(challenge.originInfo)),
  );
}

/** Decodes a challenge. @throws {PrivacyPassError} `bad-challenge` @throws {WireError} `truncated`, `trailing`, `bad-text` */
export function decodeTokenChallenge(bytes: Bytes): TokenChallenge {
  const r = new Reader(bytes);
  const challenge = {
    tokenType: r.uint(2, 'token_type'),
    issuerName: fromUtf8(r.vector(2, 'issuer_name').rest()),
    redemptionContext: r.vector(1, 'redemption_context').rest(),
    originInfo: fromUtf8(r.vector(2, 'origin_info').rest()),
  };
  r.end('TokenChallenge');
  check(challenge);
  return challenge;
}

const CONTEXT = utf8('sotto redemption context');
const NUL = uint(1, 0);

/**
 * The challenge of a service for the tokens of one epoch, the same for every client.
 *
 * @param c.epoch - the start of the epoch
 */
export function serviceChallenge(c: {
  readonly tokenType: number;
  readonly issuerName: string;
  readonly service: string;
  readonly epoch: UnixSeconds;
}): TokenChallenge {
  const context = concat(CONTEXT, NUL, utf8(c.service), NUL, uint(8, c.epoch));
  return {
    tokenType: c.tokenType,
    issuerName: c.issuerName,
    redemptionContext: sha256(context),
    originInfo: c.service,
  };
}

/** challenge_digest: 32 bytes (RFC 9577 §2.2). */
export function challengeDigest(challenge: Bytes): Bytes {
  return sha256(challenge);
}
