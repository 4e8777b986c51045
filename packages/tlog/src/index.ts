export { formatAddCheckpoint, parseAddCheckpoint, SIZE_TYPE, type AddCheckpoint } from './add-checkpoint.ts';
export {
  encodePackage,
  encodeUploadHeader,
  formatMirrorInfo,
  MIRROR_INFO_TYPE,
  packageRanges,
  parseMirrorInfo,
  proofLength,
  type MirrorInfo,
  type PackageRange,
  type UploadHeader,
} from './add-entries.ts';
export {
  cosign,
  formatCheckpoint,
  isSignedBy,
  parseCheckpoint,
  signCheckpoint,
  verifierKeyOf,
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
export { subtreeProof, verifySubtree, type Subtree } from './subtree.ts';
export {
  decodeEntryBundle,
  decodeTile,
  entryPaths,
  logFiles,
  logFolder,
  parseTilePath,
  tileHashes,
  type LogFile,
  type TileName,
} from './tiles.ts';
