import { encodeSignedBundle, nobleEd25519Verify } from '@sotto/bundle';
import { isBy, parseCheckpoint, parseProof, verifyProof, type Policy } from '@sotto/tlog';
import { fromBase64url, ProtocolError, type Bytes } from '@sotto/wire';
import type { OperatorBundle } from '../fetching.ts';

/** A bundle of the gateway with the signature of the root. */
export interface SignedBundleOfGateway {
  readonly sequence: number;
  readonly bundle: Bytes;
  readonly signature: Bytes;
  /** The proof that a log has it (C2SP tlog-proof); null if the gateway has none. */
  readonly proof: string | null;
}

/** The bundles that have a signature, of those that a gateway shows to its operator. */
export function signedOnly(bundles: readonly OperatorBundle[]): SignedBundleOfGateway[] {
  return bundles.flatMap(({ sequence, bundle, signature, proof = null }) =>
    signature === undefined
      ? []
      : [{ sequence, bundle: fromBase64url(bundle), signature: fromBase64url(signature), proof }],
  );
}

/**
 * Compares the proof that the gateway has for an epoch with a log: `own` proves the epoch to clients with the policy
 * of the log, `refused` is of this log and does not, and `other` names another log.
 */
export type HeldProof =
  | { readonly is: 'none' | 'own' | 'refused' }
  | { readonly is: 'other'; readonly origin: string };

/** A bundle of an epoch that the log has or may have, and what the proof at the gateway is. */
export type HeldBundle = SignedBundleOfGateway & { readonly held: HeldProof };

/** Compares the proofs that the gateway has, from the base of the log on, with the only log of a policy. */
export const heldBundles = (bundles: readonly SignedBundleOfGateway[], policy: Policy): HeldBundle[] =>
  bundles
    .filter(({ sequence }) => sequence >= (policy.base ?? 0))
    .toSorted((a, b) => a.sequence - b.sequence)
    .map((bundle) => ({ ...bundle, held: heldProof(bundle, policy) }));

function heldProof({ sequence, bundle, signature, proof }: SignedBundleOfGateway, policy: Policy): HeldProof {
  if (proof === null) return { is: 'none' };
  try {
    const { checkpoint, note } = parseCheckpoint(parseProof(proof).checkpoint);
    const isOfLog = policy.logs.some(({ key }) => note.signatures.some((line) => isBy(line, key)));
    if (!isOfLog) return { is: 'other', origin: checkpoint.origin };
    const index = sequence - (policy.base ?? 0);
    const ed25519Verify = nobleEd25519Verify;
    verifyProof(encodeSignedBundle({ bundle, signature }), proof, { policy, index, ed25519Verify });
    return { is: 'own' };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { is: 'refused' };
  }
}

/** Epochs for which the gateway has proofs of other logs. */
export interface OtherProofs {
  readonly epochs: readonly number[];
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** Null when there are none. */
export function otherProofs(bundles: readonly HeldBundle[]): OtherProofs | null {
  const others = bundles.flatMap(({ sequence, held }) =>
    held.is === 'other' ? [{ epoch: sequence, origin: held.origin }] : [],
  );
  const [first, last] = [others[0], others.at(-1)];
  if (first === undefined || last === undefined) return null;
  const origins = [...new Set(others.map(({ origin }) => origin))].join(' and ');
  const [which, them] =
    first === last ? [`epoch ${first.epoch}`, 'it'] : [`epochs ${first.epoch} to ${last.epoch}`, 'them'];
  return {
    epochs: others.map(({ epoch }) => epoch),
    message: `the gateway keeps proofs of another log (${origins}) for ${which}, so clients with the policy of this log accept no bundle of ${them}. A log that replaces another begins later: make it with sotto log init --base ${last.epoch + 1}`,
  };
}
