import type { SignedHead } from '../logged.ts';
import { isVoucherState, type VoucherState } from '../vouchers/state.ts';
import { base64url, fromBase64url, fromUtf8, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';

/** The content of a wallet cannot be read, and never will be. */
export class UnreadableWalletError extends Error {}

/** A token that may be spent. */
export interface StoredToken {
  readonly service: string;
  /** Start of the epoch of its key. */
  readonly epoch: UnixSeconds;
  readonly issuedAt: UnixSeconds;
  /** Encoded (RFC 9577 §2.2): 162 bytes for type 0x0005. */
  readonly token: Bytes;
}

/** A token that was sent, or was about to be sent, with a request that its user may retry. */
export interface PendingToken extends StoredToken {
  /** 16 bytes of the SHA-256 of the attempt's id, which the wallet does not store. */
  readonly ref: Bytes;
  /** Identifies the request: 16 bytes of an HMAC under the attempt's id. */
  readonly fingerprint: Bytes;
  tries: number;
}

/** A batch that was sent, or was about to be sent, and not issued yet. */
export interface StoredBatch {
  /** Start of the epoch of its key. */
  readonly epoch: UnixSeconds;
  /** 32 bytes, from which its nonces and blinds are derived. */
  readonly seed: Bytes;
  /** When it was last sent; null after a failure. */
  readonly sentAt: UnixSeconds | null;
}

/** When the tokens of a service are refilled in an epoch. */
export interface Schedule {
  /** Start of the epoch. */
  readonly epoch: UnixSeconds;
  readonly dueAt: UnixSeconds;
  /** Batches that were not begun in this epoch. */
  readonly left: number;
}

/** The last accepted key bundle. */
export interface StoredBundle {
  readonly signed: Bytes;
  /** The roots that were pinned when it was accepted. With other pins it is not used. */
  readonly pins: string;
}

/** Root keys that accepted bundles announced. */
export interface StoredRoots {
  /** 32 bytes each, the pinned ones included. */
  readonly keys: readonly Bytes[];
  /** The roots that were pinned when they were accepted. With other pins they are not used. */
  readonly pins: string;
}

/** The persistent state of a client. The function passed to `update` changes it in place. */
export interface WalletState {
  tokens: StoredToken[];
  pending: PendingToken[];
  /** By service. */
  batches: Record<string, StoredBatch>;
  /** By service. */
  schedules: Record<string, Schedule>;
  bundle: StoredBundle | null;
  /** Outlives the bundle, so that a client that was away for long still accepts a new root's bundle. */
  roots: StoredRoots | null;
  /** The highest bundle sequence ever accepted; a lower one is refused. -1 before the first bundle. */
  sequence: number;
  /** The highest sequence with two different bundles; it stays refused. -1 if there was none. */
  refused: number;
  /** The two signed bundles for which it is refused, in base64url; empty if there are none. */
  evidence: readonly string[];
  /** The largest head of the bundle log that proved a bundle; null without a policy. */
  checkpoint: SignedHead | null;
  /** Vouchers, from the first bundle on that has refills; null before it. */
  vouchers: VoucherState | null;
}

/** The state of a new wallet. */
export const emptyState = (): WalletState => ({
  tokens: [],
  pending: [],
  batches: {},
  schedules: {},
  bundle: null,
  roots: null,
  sequence: -1,
  refused: -1,
  evidence: [],
  checkpoint: null,
  vouchers: null,
});

const VERSION = 3;

/** Bytes in JSON are an object with this one member, so that no text can be mistaken for them. */
const BYTES = '$bytes';
const replaceBytes = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { [BYTES]: base64url(value) } : value;
const reviveBytes = (_key: string, value: unknown): unknown => {
  const text = (value as { readonly [BYTES]?: unknown } | null)?.[BYTES];
  return typeof text === 'string' ? fromBase64url(text) : value;
};

/** The state as JSON in UTF-8. */
export function encodeState(state: WalletState): Bytes {
  return utf8(JSON.stringify({ version: VERSION, ...state }, replaceBytes));
}

/**
 * @throws {UnreadableWalletError} if the bytes are not a state, lack a part of it, or are from before the first release
 * @throws if the state has a later version
 */
export function decodeState(bytes: Bytes): WalletState {
  const { version, ...stored } = parse(bytes);
  const state: WalletState = { checkpoint: null, vouchers: null, evidence: [], ...stored }; // earlier releases stored none of them
  if (version > VERSION) throw new Error('the wallet belongs to a later version of the client');
  if (version !== VERSION) throw new UnreadableWalletError('the wallet has an unknown version');
  if (!isState(state)) throw new UnreadableWalletError('a part of the wallet is missing or has a wrong type');
  return state;
}

type StoredState = Omit<WalletState, 'checkpoint' | 'vouchers' | 'evidence'> &
  Partial<WalletState> & { readonly version: number };

function parse(bytes: Bytes): StoredState {
  let parsed: unknown;
  try {
    parsed = JSON.parse(fromUtf8(bytes), reviveBytes);
  } catch {
    throw new UnreadableWalletError('the wallet is not JSON in UTF-8');
  }
  if (!isRecord(parsed)) throw new UnreadableWalletError('the wallet is not an object');
  return parsed as unknown as StoredState;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** Whether every part is there and has its type, so that nothing fails later on a damaged wallet. */
function isState({
  tokens,
  pending,
  batches,
  schedules,
  bundle,
  roots,
  sequence,
  refused,
  evidence,
  checkpoint,
  vouchers,
}: WalletState): boolean {
  return (
    [tokens, pending].every((list: unknown) => Array.isArray(list) && list.every(isToken)) &&
    isRecord(batches) &&
    Object.values(batches).every(({ seed }) => seed instanceof Uint8Array) &&
    isRecord(schedules) &&
    Object.values(schedules).every((schedule: unknown) => isRecord(schedule)) &&
    (bundle === null || (isRecord(bundle) && bundle['signed'] instanceof Uint8Array)) &&
    (roots === null || (isRecord(roots) && Array.isArray(roots['keys']))) &&
    Number.isSafeInteger(sequence) &&
    Number.isSafeInteger(refused) &&
    Array.isArray(evidence) &&
    (checkpoint === null || (isRecord(checkpoint) && checkpoint['root'] instanceof Uint8Array)) &&
    (vouchers === null || isVoucherState(vouchers))
  );
}

const isToken = (value: unknown): boolean => isRecord(value) && value['token'] instanceof Uint8Array;
