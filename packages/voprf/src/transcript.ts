import { concat, uint, utf8, vector, type Bytes } from '@sotto/wire';
import type { VoprfSuiteId } from './voprf.ts';

const VOPRF_MODE = 1;

/** The domain separation tags of one suite in VOPRF mode (RFC 9497 §3.1). */
export interface Tags {
  readonly hashToGroup: Bytes;
  readonly hashToScalar: Bytes;
  readonly seed: Bytes;
}

export function tags(suite: VoprfSuiteId): Tags {
  const contextString = concat(utf8('OPRFV1-'), uint(1, VOPRF_MODE), utf8('-'), utf8(suite));
  return {
    hashToGroup: concat(utf8('HashToGroup-'), contextString),
    hashToScalar: concat(utf8('HashToScalar-'), contextString),
    seed: concat(utf8('Seed-'), contextString),
  };
}

const COMPOSITE = utf8('Composite');
const CHALLENGE = utf8('Challenge');
const FINALIZE = utf8('Finalize');

/** seedTranscript (RFC 9497 §2.2.1). */
export function seedTranscript(B: Bytes, seedDst: Bytes): Bytes {
  return concat(vector(2, B), vector(2, seedDst));
}

/** compositeTranscript (RFC 9497 §2.2.1). */
export function compositeTranscript(seed: Bytes, i: number, C: Bytes, D: Bytes): Bytes {
  return concat(vector(2, seed), uint(2, i), vector(2, C), vector(2, D), COMPOSITE);
}

/** challengeTranscript (RFC 9497 §2.2.1, §2.2.2). */
export function challengeTranscript(...elements: readonly Bytes[]): Bytes {
  return concat(...elements.map((element) => vector(2, element)), CHALLENGE);
}

/** hashInput (RFC 9497 §3.3.1). */
export function finalizeTranscript(input: Bytes, unblinded: Bytes): Bytes {
  return concat(vector(2, input), vector(2, unblinded), FINALIZE);
}
