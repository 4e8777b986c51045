import { nobleEd25519Verify } from '@sotto/bundle';
import {
  consistencyProof,
  encodePackage,
  encodeUploadHeader,
  formatAddCheckpoint,
  isBy,
  isSignedBy,
  leafHash,
  packageRanges,
  parseCheckpoint,
  parseMirrorInfo,
  parseNote,
  parseSignatures,
  type NoteSignature,
  type PolicyKey,
} from '@sotto/tlog';
import { concat, EMPTY, fromUtf8, ProtocolError, type Bytes } from '@sotto/wire';
import { Failure } from '../command.ts';
import { bytesOf, sendRequest } from '../fetching.ts';
import type { Network } from '../io.ts';
import type { Log } from './directory.ts';

const MOST_ROUNDS = 4; // a witness may get a newer checkpoint meanwhile

/** A witness of a policy that has an address. */
type Witness = PolicyKey & { readonly url: string };

/**
 * Has one witness cosign the newest checkpoint of a log. A mirror gets the entries that it lacks.
 *
 * @returns its signature line, verified
 * @throws {Failure} with status 3 when it does not respond, else with the reason
 */
export async function cosignedBy(io: Network, witness: Witness, log: Log): Promise<NoteSignature> {
  const { entries, signed, published } = log;
  const leaves = entries.map(leafHash);
  let oldSize = published;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const proof = consistencyProof(oldSize, leaves);
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint: signed });
    const response = await sendRequest(io, `${witness.url}/add-checkpoint`, { method: 'POST', body });
    const text = await textOf(response);
    if (response.status === 200) return signatureOf(witness, signed, text) ?? upload(io, witness, log);
    const size = response.status === 409 ? sizeOf(text) : null;
    if (size === null || size === oldSize) throw refused(witness, response.status);
    if (size > entries.length) throw ahead(witness, size, entries.length);
    oldSize = size;
  }
  throw new Failure(
    `${witness.url} receives checkpoints from another command at the same time. Run one command at a time.`,
  );
}

/** Sends a mirror the entries that it lacks, one package each time, until it cosigns. */
async function upload(
  io: Network,
  witness: Witness,
  { policy, entries, signed }: Log,
): Promise<NoteSignature> {
  const origin = policy.logs[0]?.key.name ?? '';
  const url = `${witness.url}/add-entries`;
  let body = encodeUploadHeader({ origin, start: 0, end: 0, ticket: EMPTY }); // returns how far it is
  for (let round = 0; round < MOST_ROUNDS + entries.length / 256; round++) {
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await sendRequest(io, url, { method: 'POST', headers, body });
    const text = await textOf(response);
    if (response.status === 200) {
      const line = signatureOf(witness, signed, text);
      if (line !== null) return line;
    }
    if (response.status === 404) throw otherKey(witness);
    if (response.status !== 202 && response.status !== 409) throw refused(witness, response.status);
    const { size, next, ticket } = infoOf(witness, text);
    if (size > entries.length) throw ahead(witness, size, entries.length);
    const range = { start: next, end: entries.length };
    const packages = packageRanges(range).slice(0, 1);
    body = concat(
      encodeUploadHeader({ origin, ...range, ticket }),
      ...packages.map((one) => encodePackage(one, entries)),
    );
  }
  throw new Failure(`${witness.url} does not take the entries of the log. Tell its operator.`);
}

const ahead = ({ url }: Witness, size: number, own: number): Failure =>
  new Failure(
    `${url} has seen ${size} entries of this log, and this folder has ${own}. Restore the newest folder: what is logged cannot be signed again.`,
  );

const otherKey = ({ url }: Witness): Failure =>
  new Failure(`${url} does not cosign with the key that the policy has for it. Check key and address there.`);

const refused = ({ url }: Witness, status: number): Failure =>
  new Failure(
    status === 409 || status === 422
      ? `${url} refuses the log (HTTP ${status}): it has seen another history. Restore the newest folder.`
      : `${url} refuses the log (HTTP ${status}). Check that its operator configured this log, and its address.`,
  );

/** The verified line of a witness in a response; null when the response has none, as that of a mirror. */
function signatureOf({ key, url }: Witness, signed: string, text: string): NoteSignature | null {
  try {
    const line = text === '' ? undefined : parseSignatures(text).find((one) => isBy(one, key));
    if (line === undefined) return null;
    const { note } = parseCheckpoint(signed);
    isSignedBy({ ...note, signatures: [line] }, key, nobleEd25519Verify);
    return line;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure(`${url} sends a signature that does not verify. Check its key in the policy.`);
  }
}

function sizeOf(text: string): number | null {
  return /^(?:0|[1-9][0-9]{0,14})\n$/.test(text) ? Number(text) : null;
}

function infoOf({ url }: Witness, text: string): ReturnType<typeof parseMirrorInfo> {
  try {
    return parseMirrorInfo(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure(`${url} is not a mirror. Check its address in the policy.`);
  }
}

async function textOf(response: Response): Promise<string> {
  const bytes: Bytes = await bytesOf(response);
  try {
    return fromUtf8(bytes);
  } catch {
    return '';
  }
}

/** The text of a checkpoint's note with other signatures. */
export function withSignatures(signed: string, signatures: readonly NoteSignature[]) {
  const { text, signatures: own } = parseNote(signed);
  return { text, signatures: [...own, ...signatures] };
}
