import { encodeLoggedBundle } from '@sotto/bundle';
import {
  COSIGNATURE,
  cosign,
  ED25519,
  formatCheckpoint,
  formatNote,
  formatProof,
  formatVerifierKey,
  inclusionProof,
  leafHash,
  rootHash,
  signCheckpoint,
  verifierKeyOf,
} from '@sotto/tlog';
import type { Bytes } from '@sotto/wire';

export const ORIGIN = 'bundles.sotto.example';
/** A secret key of the tests. */
export const seed = (n: number): Bytes => new Uint8Array(32).fill(n);
/** The secret key of the log. */
export const LOG = seed(21);

/** Operator A's mirror and three public witnesses: the mirror and two of the others make the quorum. */
export const WITNESSES = ['mirror.example', 'one.example', 'two.example', 'three.example'].map((name, i) => ({
  name,
  secret: seed(31 + i),
}));

/** The verifier key of a secret key, as a policy names it. */
export function vkey(name: string, type: typeof ED25519 | typeof COSIGNATURE, secret: Bytes): string {
  return formatVerifierKey(verifierKeyOf(name, type, secret));
}

/** The policy file of a log whose first entry is the bundle of epoch `base`. */
export function policyFile(base: number): string {
  return [
    `# sotto base=${base}`,
    `log ${vkey(ORIGIN, ED25519, LOG)}`,
    ...WITNESSES.map(({ name, secret }, i) => `witness w${i} ${vkey(name, COSIGNATURE, secret)}`),
    'group public 2 w1 w2 w3',
    'group all-of-them all w0 public',
    'quorum all-of-them',
    '',
  ].join('\n');
}

/** The signers of the head of a log. Witnesses by their position: 0 is the mirror. */
export interface Signers {
  readonly witnesses?: readonly number[];
  readonly log?: Bytes;
  /** The names under which the witnesses sign. */
  readonly names?: readonly string[];
}

/** The signed checkpoint of a log of these entries. */
export function checkpointOf(
  entries: readonly Bytes[],
  { witnesses = [0, 1, 2], log = LOG, names = WITNESSES.map(({ name }) => name) }: Signers = {},
): string {
  const checkpoint = { origin: ORIGIN, size: entries.length, root: rootHash(entries.map(leafHash)) };
  const text = formatCheckpoint(checkpoint);
  const cosignatures = witnesses.map((i) =>
    cosign(text, names[i] ?? '', WITNESSES[i]?.secret ?? seed(0), 1_790_000_000),
  );
  return formatNote({ text, signatures: [signCheckpoint(checkpoint, log), ...cosignatures] });
}

/** The proof of one entry of a log. */
export function proofOf(entries: readonly Bytes[], index: number, signers: Signers = {}): string {
  const path = inclusionProof(index, entries.map(leafHash));
  return formatProof({ index, path, checkpoint: checkpointOf(entries, signers) });
}

/** One entry of a log, with its proof, as a relay serves it. */
export function loggedEntry(entries: readonly Bytes[], index: number, signers: Signers = {}): Bytes {
  const signed = entries[index];
  if (signed === undefined) throw new RangeError('no such entry');
  return encodeLoggedBundle({ signed, proof: proofOf(entries, index, signers) });
}
