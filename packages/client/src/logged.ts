import { decodeBundle, decodeLoggedBundle, decodeSignedBundle, nobleEd25519Verify } from '@sotto/bundle';
import { parsePolicy, parseProof, verifyProof, type Checkpoint, type Policy } from '@sotto/tlog';
import { base64url, equalBytes, ProtocolError, utf8, type Bytes } from '@sotto/wire';
import { sha256 } from '@noble/hashes/sha2.js';
import { ClientError } from './error.ts';

/**
 * The policy that is pinned with the root: which public log must contain the key bundles, and which witnesses
 * must have seen it.
 */
export interface PinnedPolicy {
  readonly policy: Policy;
  /** The epoch of the log's first entry: entry i is the bundle of epoch `base + i`. */
  readonly base: number;
  /** Identifies the policy file: base64url of its SHA-256. */
  readonly id: string;
}

/** A bundle with a valid proof that it is logged, and the head of the log in that proof. */
export interface ProvenBundle {
  readonly signed: Bytes;
  readonly checkpoint: SignedHead;
}

/** The head of a log, and the note in which the log signed it: evidence, if the log also signs another. */
export interface SignedHead extends Checkpoint {
  /** Not stored by earlier releases. */
  readonly note?: string;
}

/**
 * Reads a policy file. It must name a log, and its comment `# sotto base=N` the epoch of the log's first entry.
 *
 * @throws {ClientError} `config`
 */
export function pinPolicy(text: string): PinnedPolicy {
  const policy = readPolicy(text);
  if (policy.base === null || policy.logs.length === 0) throw policyError('must have a log and a base.');
  return { policy, base: policy.base, id: base64url(sha256(utf8(text))) };
}

function readPolicy(text: string): Policy {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw policyError(`is not a policy file: ${error.message}.`);
  }
}

const policyError = (rule: string): ClientError =>
  new ClientError('config', { detail: `Option policy ${rule}` });

/**
 * The signed bundle of a LoggedBundle with a valid proof; null for any other. The index in the log has to be
 * the bundle's epoch, so that there is one bundle of an epoch at most. The signature and content of the
 * bundle are verified later, as for every bundle.
 */
export function provenBundle(shown: Bytes, { policy, base }: PinnedPolicy): ProvenBundle | null {
  try {
    const { signed, proof } = decodeLoggedBundle(shown);
    const { sequence } = decodeBundle(decodeSignedBundle(signed).bundle);
    const rules = { policy, index: sequence - base, ed25519Verify: nobleEd25519Verify };
    const checkpoint = verifyProof(signed, proof, rules);
    return { signed, checkpoint: { ...checkpoint, note: parseProof(proof).checkpoint } };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Whether two heads of one log with one size have different roots: then the log has two histories. */
export function contradict(a: Checkpoint, b: Checkpoint): boolean {
  return a.origin === b.origin && a.size === b.size && !equalBytes(a.root, b.root);
}
