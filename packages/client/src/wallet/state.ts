import { base64url, fromBase64url, fromUtf8, utf8, type Bytes, type UnixSeconds } from '@sotto/wire';

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
  /** 22 random characters. */
  readonly id: string;
  /** Identifies the request: 16 bytes of an HMAC under the token. */
  readonly fingerprint: Bytes;
  tries: number;
}

/** When the tokens of a service are refilled in an epoch. */
export interface Schedule {
  /** Start of the epoch. */
  readonly epoch: UnixSeconds;
  readonly dueAt: UnixSeconds;
  /** Batches still to be requested in this epoch. */
  readonly left: number;
}

/** The last accepted key bundle. */
export interface StoredBundle {
  readonly signed: Bytes;
  /** Root keys that may sign its successor, 32 bytes each. */
  readonly roots: readonly Bytes[];
  /** The roots that were pinned when it was accepted. With other pins it is not used. */
  readonly pins: string;
}

/** The persistent state of a client. The function passed to `update` changes it in place. */
export interface WalletState {
  tokens: StoredToken[];
  pending: PendingToken[];
  /** By service. */
  schedules: Record<string, Schedule>;
  bundle: StoredBundle | null;
  /** The highest bundle sequence ever accepted; a lower one is refused. -1 before the first bundle. */
  sequence: number;
  /** The highest sequence with two different bundles; it stays refused. -1 if there was none. */
  refused: number;
}

/** The state of a new wallet. */
export const emptyState = (): WalletState => ({
  tokens: [],
  pending: [],
  schedules: {},
  bundle: null,
  sequence: -1,
  refused: -1,
});

const VERSION = 2;

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

/** @throws if the bytes are not a state of this version */
export function decodeState(bytes: Bytes): WalletState {
  const { version, ...state } = JSON.parse(fromUtf8(bytes), reviveBytes) as WalletState & { version: number };
  if (version !== VERSION) throw new Error('unsupported wallet version');
  return state;
}
