import { decodeBundle, decodeSignedBundle, encodeSignedBundle, voidEntry, type Bundle } from '@sotto/bundle';
import { base64url, equalBytes, ProtocolError, type Bytes } from '@sotto/wire';
import { Failure } from '../command.ts';
import type { UploadedSignature } from '../commands/operator-bundles.ts';
import type { Network } from '../io.ts';
import { cosignedCheckpoint, proofFor } from './cosign.ts';
import { appendEntries, publishCheckpoint, readLog, type Log } from './directory.ts';
import type { LogFiles } from './files.ts';
import { heldBundles, otherProofs, type HeldBundle, type SignedBundleOfGateway } from './held-proof.ts';

/** How bundles are logged. */
export interface LogRules {
  /** The log's Ed25519 seed, 32 bytes. */
  readonly secret: Bytes;
  /** Unix seconds. */
  readonly now: number;
  /** How many epochs ahead bundles are logged: what is logged cannot be replaced. */
  readonly ahead: number;
  /** Whether the operator agreed to bundles with other services or another next root than the last one. */
  readonly agreed: boolean;
}

/** The result of logging. */
export interface LogResult {
  /** What the gateway lacks. */
  readonly proofs: readonly UploadedSignature[];
  /** The epochs that are new in the log. */
  readonly added: readonly number[];
  /** The end of the epochs that have proofs of this log without a gap from the first due epoch on; null if that has none. */
  readonly provenUntil: number | null;
  /** Epochs for which the log has another entry than the gateway has a bundle, or the gateway the proof of another log. */
  readonly conflicts: number;
}

/**
 * Logs the bundles of the current and the next epochs, has the witnesses cosign them, and makes the proofs that the
 * gateway lacks. It can be interrupted anywhere and called again.
 *
 * @throws {Failure} when the quorum is not met, the log is damaged, or it is new and the gateway has proofs of another
 */
export async function logBundles(
  files: LogFiles,
  bundles: readonly SignedBundleOfGateway[],
  rules: LogRules,
  io: Network,
): Promise<LogResult> {
  const before = await readLog(files);
  const held = heldBundles(bundles, before.policy);
  const others = otherProofs(held);
  if (others !== null && before.entries.length === 0)
    throw new Failure(`Nothing was logged: ${others.message}.`);
  if (others !== null) io.err(`sotto: ${others.message}`);
  const due = held
    .map((one) => ({ ...one, content: decodeBundle(one.bundle) }))
    .filter(({ content }) => isDue(content, rules));
  const added = newEntries(before, due, rules, io);
  const appended = await appendEntries(
    files,
    before,
    added.map(({ entry }) => entry),
    rules.secret,
  );
  const { proofs, conflicts } = await prove(files, appended, due, io);
  return {
    proofs,
    added: added.map(({ epochIndex }) => epochIndex),
    provenUntil: provenUntil(due, proofs),
    conflicts: conflicts + (others === null ? 0 : others.epochs.length),
  };
}

/** The proofs that the gateway lacks, under a checkpoint that a quorum cosigned. */
interface NewProofs {
  readonly proofs: readonly UploadedSignature[];
  /** Epochs for which the log has another entry than the gateway has a bundle. */
  readonly conflicts: number;
}

async function prove(
  files: LogFiles,
  appended: Log,
  due: readonly DueBundle[],
  io: Network,
): Promise<NewProofs> {
  const { base, entries, published } = appended;
  const missing = due.filter(
    ({ sequence, held: { is } }) => sequence - base < entries.length && (is === 'none' || is === 'refused'),
  );
  if (missing.length === 0 && published === entries.length) return { proofs: [], conflicts: 0 };
  const checkpoint = await cosignedCheckpoint(io, appended);
  const log = await publishCheckpoint(files, appended, checkpoint);
  const proofs: UploadedSignature[] = [];
  for (const { sequence, bundle } of missing) {
    const signature = signatureInLog(log, sequence, bundle);
    if (signature === null) io.err(`sotto: ${OTHER_ENTRY.replace('EPOCH', String(sequence))}`);
    else {
      const proof = proofFor(log, sequence - log.base, checkpoint);
      proofs.push({ sequence, signature: base64url(signature), proof });
    }
  }
  return { proofs, conflicts: missing.length - proofs.length };
}

const OTHER_ENTRY =
  'the log has another entry for epoch EPOCH than the gateway has a bundle. What is logged stays: clients use the bundle of the epoch before on its second day';

function provenUntil(due: readonly DueBundle[], proofs: readonly UploadedSignature[]): number | null {
  const sent = new Set(proofs.map(({ sequence }) => sequence));
  const isProven = (bundle: DueBundle): boolean => sent.has(bundle.sequence) || bundle.held.is === 'own';
  let until: number | null = null;
  let next = due[0]?.sequence;
  for (const bundle of due) {
    if (bundle.sequence !== next || !isProven(bundle)) break;
    until = bundle.content.notAfter - epochSecondsOf(bundle.content);
    next += 1;
  }
  return until;
}

type DueBundle = HeldBundle & { readonly content: Bundle };

interface NewEntry {
  readonly epochIndex: number;
  readonly entry: Bytes;
}

/** A bundle is valid for two epochs. */
const epochSecondsOf = ({ notBefore, notAfter }: Bundle): number => (notAfter - notBefore) / 2;

function isDue(bundle: Bundle, { now, ahead }: LogRules): boolean {
  return bundle.notBefore <= now + ahead * epochSecondsOf(bundle);
}

/** The entries that follow those of the log. Past epochs without a bundle are void; a coming one that is missing ends the list. */
function newEntries(log: Log, due: readonly DueBundle[], rules: LogRules, io: Network): NewEntry[] {
  const added: NewEntry[] = [];
  let last = lastBundle(log);
  for (const { sequence, bundle, signature, content } of due) {
    const next = log.base + log.entries.length + added.length;
    if (sequence < next) continue; // it is in the log
    const current = Math.floor(rules.now / epochSecondsOf(content));
    if (sequence > next && current > next) {
      const end = Math.min(sequence, current);
      for (let epochIndex = next; epochIndex < end; epochIndex++) {
        added.push({ epochIndex, entry: voidEntry(epochIndex) });
      }
    }
    if (sequence > log.base + log.entries.length + added.length) {
      io.err(
        `sotto: the bundle of an epoch before ${sequence} is missing, so later ones cannot be logged yet`,
      );
      break;
    }
    if (last !== null && !rules.agreed) requireSameOffer(last, content);
    last = content;
    added.push({ epochIndex: sequence, entry: encodeSignedBundle({ bundle, signature }) });
  }
  return added;
}

/** The bundle of the last entry that is one. */
function lastBundle({ entries }: Log): Bundle | null {
  for (const entry of entries.toReversed()) {
    try {
      return decodeBundle(decodeSignedBundle(entry).bundle);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // a void entry, or a version that this command does not know
    }
  }
  return null;
}

/** @throws {Failure} that names what differs */
function requireSameOffer(last: Bundle, next: Bundle): void {
  const [before, after] = [last, next].map(({ services }) =>
    services
      .map(({ name }) => name)
      .toSorted()
      .join(','),
  );
  const changes = [
    ...(before === after ? [] : [`services ${before ?? ''} → ${after ?? ''}`]),
    ...(equalBytes(last.nextRoot, next.nextRoot) ? [] : ['the next root']),
  ];
  if (changes.length === 0) return;
  throw new Failure(
    `The bundle of epoch ${next.sequence} changes ${changes.join(' and ')}. What is logged cannot be replaced: if this is meant, run again with --yes.`,
  );
}

/** The root's signature in the log's entry for an epoch; null when the entry is not this bundle. */
function signatureInLog({ base, entries }: Log, epochIndex: number, bundle: Bytes): Bytes | null {
  const entry = entries[epochIndex - base];
  try {
    const signed = entry === undefined ? null : decodeSignedBundle(entry);
    return signed !== null && equalBytes(signed.bundle, bundle) ? signed.signature : null;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return null; // a void entry
  }
}
