import { base64url, fromBase64url, fromUtf8, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';

/** A token that may be spent. */
export interface StoredToken {
  readonly service: string;
  /** Start of the epoch of its key. */
  readonly epoch: UnixSeconds;
  readonly drawnAt: UnixSeconds;
  readonly token: Bytes; // encoded (RFC 9577 §2.2)
}

/** A token that was sent, or was about to be, whose request its user may make again. */
export interface PendingToken extends StoredToken {
  readonly id: string; // 22 characters, random
  /** Which request it belongs to: 16 bytes of an HMAC under the token. */
  readonly mark: Bytes;
  tries: number;
}

/** When a service's tokens are drawn in an epoch, and how many batches are still to come. */
export interface Schedule {
  readonly epoch: UnixSeconds;
  readonly dueAt: UnixSeconds;
  readonly left: number;
}

/** The last accepted key bundle. */
export interface KeptBundle {
  readonly signed: Bytes;
  readonly roots: readonly Bytes[];
  /** The roots that were pinned when it was accepted: with others it is of no use. */
  readonly pins: string;
}

/** All that a client remembers. `change` functions alter it in place. */
export interface WalletState {
  tokens: StoredToken[];
  pending: PendingToken[];
  schedules: Record<string, Schedule>;
  bundle: KeptBundle | null;
  /** The highest sequence ever accepted; a lower one is refused. -1: none yet. */
  sequence: number;
  /** The highest sequence for which two digests were shown; it stays refused. -1: none. */
  refused: number;
}

export const emptyState = (): WalletState => ({
  tokens: [],
  pending: [],
  schedules: {},
  bundle: null,
  sequence: -1,
  refused: -1,
});

const VERSION = 1;

/** Bytes in JSON: an object of one member, so that no text can be taken for them. */
const BYTES = '$bytes';
const bytesToo = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { [BYTES]: base64url(value) } : value;
const bytesAgain = (_key: string, value: unknown): unknown => {
  const text = (value as { readonly [BYTES]?: unknown } | null)?.[BYTES];
  return typeof text === 'string' ? fromBase64url(text) : value;
};

/** The state as JSON in UTF-8. */
export function encodeState(state: WalletState): Bytes {
  return utf8(JSON.stringify({ version: VERSION, ...state }, bytesToo));
}

/** @throws when these are not the bytes that encodeState made */
export function decodeState(bytes: Bytes): WalletState {
  const { version, ...state } = JSON.parse(fromUtf8(bytes), bytesAgain) as WalletState & { version: number };
  if (version !== VERSION) throw new Error('another version');
  return state;
}
