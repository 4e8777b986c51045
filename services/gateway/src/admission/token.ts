import { decodeToken, parseAuthorization, PrivacyPassError } from '@sotto/privacypass';
import { WireError, type Bytes } from '@sotto/wire';
import { InnerError } from '../problem.ts';

/** A well-formed token for one of our challenges. */
export interface PresentedToken {
  readonly token: Bytes; // encoded
  /** The epoch of its challenge. */
  readonly epochIndex: number;
}

/**
 * Reads the token of an Authorization field (RFC 9577 §2.2.2). Whether it is genuine is the issuer's to say.
 *
 * @param epochOf - the epoch of a challenge digest; null for one that we do not accept
 * @throws {InnerError} `token-required` when there is none, `token-invalid`
 */
export function presentedToken(
  authorization: string | null,
  epochOf: (digest: Bytes) => number | null,
): PresentedToken {
  if (authorization === null) throw new InnerError('token-required');
  try {
    const token = parseAuthorization(authorization);
    const epochIndex = epochOf(decodeToken(token).challengeDigest);
    if (epochIndex !== null) return { token, epochIndex };
  } catch (error) {
    if (error instanceof PrivacyPassError && (error.code === 'no-token' || error.code === 'bad-header')) {
      throw new InnerError('token-required', { cause: error });
    }
    if (!(error instanceof PrivacyPassError || error instanceof WireError)) throw error;
  }
  throw new InnerError('token-invalid');
}
