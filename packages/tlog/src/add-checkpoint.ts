import { base64, type Bytes } from '@sotto/wire';
import { TlogError } from './error.ts';
import { HASH_LENGTH, MOST_HASHES } from './merkle.ts';
import { readBase64, readDecimal } from './text.ts';

/** The media type of the size that a witness tells with 409 (C2SP tlog-witness). */
export const SIZE_TYPE = 'text/x.tlog.size';

/** The body of `POST /add-checkpoint` (C2SP tlog-witness). */
export interface AddCheckpoint {
  /** The size of the checkpoint that the witness cosigned last; 0 when there is none. */
  readonly oldSize: number;
  /** The consistency proof from the old size to the checkpoint: at most 63 hashes of 32 bytes. */
  readonly proof: readonly Bytes[];
  /** The signed checkpoint. */
  readonly checkpoint: string;
}

/** Writes the body of a request. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return [`old ${oldSize}`, ...proof.map((hash) => base64(hash)), '', checkpoint].join('\n');
}

/** Reads the body of a request; the checkpoint is not read. @throws {TlogError} `malformed-request` */
export function parseAddCheckpoint(text: string): AddCheckpoint {
  const end = text.indexOf('\n\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  const oldSize = first.startsWith('old ') ? readDecimal(first.slice(4)) : null;
  const proof = lines.slice(0, MOST_HASHES + 1).map((line) => readBase64(line, HASH_LENGTH));
  if (oldSize === null || proof.length > MOST_HASHES || !proof.every((hash) => hash !== null)) {
    throw new TlogError('malformed-request', 'not an old size, hashes of 32 bytes and a checkpoint');
  }
  return { oldSize, proof, checkpoint: text.slice(end + 2) };
}
