import { ed25519 } from '@noble/curves/ed25519.js';
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
  verifierKey,
} from '@sotto/tlog';
import type { Bytes } from '@sotto/wire';

const ORIGIN = 'bundles.sotto.example';
const seed = (n: number): Bytes => new Uint8Array(32).fill(n);
const LOG = seed(21);

/** Operator A's mirror and three public witnesses: the mirror and two of the others make the quorum. */
const WITNESSES = ['mirror.example', 'one.example', 'two.example', 'three.example'].map((name, i) => ({
  name,
  secret: seed(31 + i),
}));

function vkey(name: string, type: typeof ED25519 | typeof COSIGNATURE, secret: Bytes): string {
  return formatVerifierKey(verifierKey(name, type, new Uint8Array(ed25519.getPublicKey(secret))));
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

/** Who signs the head of a log. Witnesses by their position: 0 is the mirror. */
export interface Signers {
  readonly witnesses?: readonly number[];
  readonly log?: Bytes;
}

/** The proof of one entry of a log. */
export function proofOf(
  entries: readonly Bytes[],
  index: number,
  { witnesses = [0, 1, 2], log = LOG }: Signers = {},
): string {
  const leaves = entries.map(leafHash);
  const checkpoint = { origin: ORIGIN, size: leaves.length, root: rootHash(leaves) };
  const text = formatCheckpoint(checkpoint);
  const cosignatures = WITNESSES.filter((_, i) => witnesses.includes(i)).map(({ name, secret }) =>
    cosign(text, name, secret, 1_790_000_000),
  );
  const signatures = [signCheckpoint(checkpoint, log), ...cosignatures];
  return formatProof({
    index,
    path: inclusionProof(index, leaves),
    checkpoint: formatNote({ text, signatures }),
  });
}

/** One entry of a log, with its proof, as a relay serves it. */
export function loggedEntry(entries: readonly Bytes[], index: number, signers: Signers = {}): Bytes {
  const signed = entries[index];
  if (signed === undefined) throw new RangeError('no such entry');
  return encodeLoggedBundle({ signed, proof: proofOf(entries, index, signers) });
}
