export {
  cosign,
  formatCheckpoint,
  isSignedBy,
  nobleEd25519Verify,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
  type Ed25519Verify,
  type SignedCheckpoint,
} from './checkpoint.ts';
export { TlogError } from './error.ts';
export {
  consistencyProof,
  inclusionProof,
  leafHash,
  rootHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';
export {
  COSIGNATURE,
  ED25519,
  formatNote,
  formatSignature,
  formatVerifierKey,
  isBy,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  verifierKey,
  type Note,
  type NoteSignature,
  type VerifierKey,
} from './note.ts';
export { meets, parsePolicy, splitViewCost, type Policy, type PolicyKey, type Quorum } from './policy.ts';
export { formatProof, parseProof, verifyProof, type LogProof, type VerifyProofOptions } from './proof.ts';
export { decodeEntryBundle, decodeTile, entryPaths, logFiles, type LogFile } from './tiles.ts';
