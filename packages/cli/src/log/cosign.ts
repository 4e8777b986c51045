import { nobleEd25519Verify } from '@sotto/bundle';
import {
  formatNote,
  formatProof,
  inclusionProof,
  isBy,
  leafHash,
  meets,
  verifyProof,
  type NoteSignature,
  type PolicyKey,
} from '@sotto/tlog';
import { Failure } from '../command.ts';
import type { Network } from '../io.ts';
import type { Log } from './directory.ts';
import { cosignedBy, withSignatures } from './witness.ts';

/**
 * Has the witnesses of the policy cosign the newest checkpoint. One that fails is reported, and does no harm while the
 * others meet the quorum.
 *
 * @returns the checkpoint with the cosignatures that the quorum needs and no more, so that proofs stay short
 * @throws {Failure} if the quorum is not met
 */
export async function cosignedCheckpoint(io: Network, log: Log): Promise<string> {
  const { policy, signed } = log;
  const results = await Promise.all(policy.witnesses.map((witness) => attempt(io, witness, log)));
  let lines = results.filter((line) => line !== null);
  const isMet = (chosen: readonly NoteSignature[]): boolean =>
    meets(policy.quorum, ({ key }) => chosen.some((line) => isBy(line, key)));
  if (!isMet(lines)) {
    throw new Failure(
      'Too few witnesses cosigned the log. It is kept as it is: run the command again when they respond.',
      3,
    );
  }
  for (const line of lines) {
    const fewer = lines.filter((one) => one !== line);
    if (isMet(fewer)) lines = fewer;
  }
  return formatNote(withSignatures(signed, lines));
}

async function attempt(io: Network, { key, url }: PolicyKey, log: Log): Promise<NoteSignature | null> {
  try {
    if (url === null) throw new Failure(`${key.name} has no address in the policy.`);
    return await cosignedBy(io, { key, url }, log);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    io.err(`sotto: ${error.message}`);
    return null;
  }
}

/** The proof of an entry under a cosigned checkpoint, verified as clients do. */
export function proofFor({ policy, entries }: Log, index: number, checkpoint: string): string {
  const entry = entries[index];
  if (entry === undefined) throw new RangeError('no such entry');
  const proof = formatProof({ index, path: inclusionProof(index, entries.map(leafHash)), checkpoint });
  verifyProof(entry, proof, { policy, index, ed25519Verify: nobleEd25519Verify });
  return proof;
}
