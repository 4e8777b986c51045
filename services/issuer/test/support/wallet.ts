import {
  createTokenRequests,
  decodeDirectory,
  encodeTokenChallenge,
  serviceChallenge,
  type DirectoryKey,
  type PendingTokens,
} from '@sotto/privacypass';
import { nobleVoprf } from '@sotto/voprf';
import type { Bytes } from '@sotto/wire';

const VOPRF = {
  1: nobleVoprf('P384-SHA384'),
  5: nobleVoprf('ristretto255-SHA512'),
} as const;

export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/**
 * The key of a directory that a client uses now: the first of its service and type whose not-before has
 * passed.
 */
export function currentKey(directory: Bytes, service: string, type: 1 | 5, now: number): DirectoryKey {
  const key = decodeDirectory(directory).tokenKeys.find(
    (entry) => entry.service === service && entry.tokenType === type && (entry.notBefore ?? 0) <= now,
  );
  if (key === undefined) throw new Error('no key');
  return key;
}

/** A client's side of a batch under one key. */
export function blindBatch(
  key: DirectoryKey,
  count: number,
  {
    kind = 'amortized',
    service = key.service ?? '',
  }: { kind?: 'single' | 'amortized'; service?: string } = {},
): Promise<PendingTokens> {
  const tokenType = key.tokenType as 1 | 5;
  const epoch = key.notBefore ?? 0;
  const challenge = encodeTokenChallenge(
    serviceChallenge({ tokenType, issuerName: 'issuer.example', service, epoch }),
  );
  const { tokenKey: publicKey } = key;
  return createTokenRequests({
    voprf: VOPRF[tokenType],
    tokenType,
    publicKey,
    challenge,
    count,
    random,
    kind,
  });
}
