import {
  BundleError,
  bundleDigest,
  decodeLoggedBundle,
  decodeSignedBundle,
  nobleEd25519Verify,
  readLogEntry,
  type Bundle,
} from '@sotto/bundle';
import { decodeKeyConfigs } from '@sotto/ohttp';
import {
  decodeEntryBundle,
  entryPaths,
  isSignedBy,
  leafHash,
  meets,
  parseCheckpoint,
  rootHash,
  verifyProof,
  type Checkpoint,
  type Policy,
  type SignedCheckpoint,
} from '@sotto/tlog';
import { equalBytes, fromUtf8, hex, ProtocolError, type Bytes } from '@sotto/wire';
import { bytesOf, fetchOk } from '../fetching.ts';
import type { Network } from '../io.ts';

/** Something that an honest log does not show. */
export interface Anomaly {
  readonly what: string;
  /** The signed notes that prove it to anybody who has the policy, if there are any. */
  readonly notes: readonly string[];
}

/** What a look at a log found. */
export interface Observation {
  readonly note: string;
  readonly checkpoint: Checkpoint;
  readonly entries: readonly ObservedEntry[];
  readonly anomalies: readonly Anomaly[];
}

/** An entry of a log. */
export interface ObservedEntry {
  readonly epochIndex: number;
  /** Null for a void entry. */
  readonly bundle: Bundle | null;
  /** SHA-256 of the encoded bundle, in hexadecimal; empty for a void entry. */
  readonly digest: string;
}

/** Where a log and its readers are, and what is known of it. */
export interface MonitorRules {
  readonly policy: Policy;
  /** The epoch of the first entry. */
  readonly base: number;
  readonly log: string;
  readonly relays: readonly string[];
  readonly roots: readonly Bytes[];
  /** The checkpoint that was seen last; null at the first look. */
  readonly last: string | null;
}

/**
 * Reads a whole log and checks it: checkpoint and quorum, its history since the last look, every entry, and that relays
 * serve what is logged.
 *
 * @throws {Failure} with status 3 when the log or a relay does not respond
 */
export async function observe(io: Network, rules: MonitorRules): Promise<Observation> {
  const note = fromUtf8(await bytesOf(await fetchOk(io, `${rules.log}/checkpoint`)));
  const signed = parseCheckpoint(note);
  const anomalies = headAnomalies(signed, rules.policy);
  const raw: Bytes[] = [];
  for (const path of entryPaths(signed.checkpoint.size)) {
    raw.push(...decodeEntryBundle(await bytesOf(await fetchOk(io, `${rules.log}/${path}`))));
  }
  const leaves = raw.map(leafHash);
  if (!equalBytes(rootHash(leaves), signed.checkpoint.root)) {
    anomalies.push({ what: 'the entries are not those of the checkpoint', notes: [note] });
  }
  anomalies.push(...historyAnomalies(signed.checkpoint, leaves, note, rules.last));
  const entries = readEntries(raw, rules, anomalies);
  anomalies.push(...keyAnomalies(entries));
  for (const relay of rules.relays) anomalies.push(...(await relayAnomalies(io, relay, raw, rules)));
  return { note, checkpoint: signed.checkpoint, entries, anomalies };
}

function headAnomalies({ note, checkpoint }: SignedCheckpoint, { logs, quorum }: Policy): Anomaly[] {
  const isBy = (key: Policy['logs'][number]['key']): boolean => {
    try {
      return isSignedBy(note, key, nobleEd25519Verify) === true;
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw error;
    }
  };
  const isOfLog = logs.some(({ key }) => key.name === checkpoint.origin && isBy(key));
  if (!isOfLog) return [{ what: 'no log of the policy signed the checkpoint', notes: [] }];
  const isMet = meets(quorum, ({ key }) => isBy(key));
  return isMet ? [] : [{ what: 'the cosignatures do not meet the quorum', notes: [] }];
}

function historyAnomalies(
  { size, root }: Checkpoint,
  leaves: readonly Bytes[],
  note: string,
  last: string | null,
): Anomaly[] {
  if (last === null) return [];
  const before = parseCheckpoint(last).checkpoint;
  if (size < before.size) {
    return [{ what: `the log shows ${size} entries, and had ${before.size} before`, notes: [] }];
  }
  const then = size === before.size ? root : rootHash(leaves.slice(0, before.size));
  return equalBytes(then, before.root) ? [] : [{ what: 'the log has two histories', notes: [last, note] }];
}

function readEntries(
  raw: readonly Bytes[],
  { base, roots: pinned }: MonitorRules,
  anomalies: Anomaly[],
): ObservedEntry[] {
  let roots = pinned;
  return raw.map((entry, index) => {
    const epochIndex = base + index;
    try {
      const bundle = readLogEntry(entry, { epochIndex, roots, ed25519Verify: nobleEd25519Verify });
      if (bundle !== null && bundle.nextRoot.length > 0) roots = [...roots, bundle.nextRoot];
      const digest = bundle === null ? '' : hex(bundleDigest(decodeSignedBundle(entry).bundle));
      return { epochIndex, bundle, digest };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const why = error instanceof BundleError ? error.message : 'not a bundle';
      anomalies.push({ what: `entry ${index}, of epoch ${epochIndex}: ${why}`, notes: [] });
      return { epochIndex, bundle: null, digest: '' };
    }
  });
}

/** A key is in the bundle of its epoch, and perhaps in a neighbour's: the same key id must have one public key. */
function keyAnomalies(entries: readonly ObservedEntry[]): Anomaly[] {
  return entries.flatMap(({ bundle, epochIndex }, i) => {
    const next = entries[i + 1]?.bundle ?? null;
    if (bundle === null || next === null) return [];
    const keys = keysOf(bundle);
    const differs = [...keysOf(next)].some(([name, key]) => (keys.get(name) ?? key) !== key);
    const what = `the bundles of epochs ${epochIndex} and ${epochIndex + 1} have different keys under one id`;
    return differs ? [{ what, notes: [] }] : [];
  });
}

/** Public keys by key id and KEM. Clients refuse a bundle whose keys cannot be read: it has none here. */
function keysOf({ keyConfigs }: Bundle): Map<string, string> {
  try {
    const configs = keyConfigs.length === 0 ? [] : decodeKeyConfigs(keyConfigs);
    return new Map(configs.map(({ keyId, kemId, publicKey }) => [`${keyId} ${kemId}`, hex(publicKey)]));
  } catch (error) {
    if (error instanceof ProtocolError) return new Map();
    throw error;
  }
}

async function relayAnomalies(
  io: Network,
  relay: string,
  raw: readonly Bytes[],
  { policy, base }: MonitorRules,
): Promise<Anomaly[]> {
  const bytes = await bytesOf(await fetchOk(io, `${relay}/bundle/2`));
  try {
    const { signed, proof } = decodeLoggedBundle(bytes);
    const index = decodeSequence(signed) - base;
    verifyProof(signed, proof, { policy, index, ed25519Verify: nobleEd25519Verify });
    const entry = raw[index];
    if (entry === undefined || equalBytes(entry, signed)) return [];
    return [{ what: `${relay} serves a bundle that another log of the same key has`, notes: [proof] }];
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return [{ what: `${relay} serves a bundle without a valid proof (${error.code})`, notes: [] }];
  }
}

/** The epoch that a signed bundle says: the same bytes in every version. */
function decodeSequence(signed: Bytes): number {
  const { bundle } = decodeSignedBundle(signed);
  return Number(new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength).getBigUint64(2));
}
