import type { Bytes, UnixSeconds } from '@sotto/wire';

/** A voucher that may be redeemed in its epoch. */
export interface StoredVoucher {
  /** The index of the epoch. */
  readonly epoch: number;
  /** The public key that it was issued under: 32 bytes. */
  readonly key: Bytes;
  /** Encoded (RFC 9577 §2.2): 162 bytes. */
  readonly token: Bytes;
}

/** A voucher issuance that was sent, or was about to be sent, and not answered yet. */
export interface StoredIssuance {
  /** The first and the last epoch that it is for: indexes. */
  readonly first: number;
  readonly last: number;
  /** The nonces and blinds, as they were drawn. They are stored, since nothing may derive them. */
  readonly randomness: Bytes;
  /** When it was last sent; null after a failure. */
  readonly sentAt: UnixSeconds | null;
}

/** A refill that was sent, or was about to be sent, and not answered yet. Its voucher buys this pack and no other. */
export interface StoredPack {
  /** The index of its epoch. */
  readonly epoch: number;
  readonly voucher: StoredVoucher;
  /** The nonces and blinds of all batches, as they were drawn. */
  readonly randomness: Bytes;
  readonly attempts: number;
  /** When it was last sent; null after a failure. */
  readonly sentAt: UnixSeconds | null;
}

/** When a client refills in an epoch. */
export interface RefillSchedule {
  /** The index of the epoch. */
  readonly epoch: number;
  /** A random time in the epoch; null once that refill has begun. */
  readonly dueAt: UnixSeconds | null;
  /** When one more refill is due, because few tokens were left; null if none is. */
  readonly extraAt: UnixSeconds | null;
  /** Whether a refill has begun in the epoch. */
  readonly began: boolean;
}

/** Everything about vouchers. A wallet that has it never requests tokens with its account again. */
export interface VoucherState {
  /** Epochs of a period, as the last bundle said. */
  period: number;
  /** Services whose tokens a voucher buys, as the last bundle said. */
  services: readonly string[];
  held: StoredVoucher[];
  /** The last epoch of the periods whose issuance is over, whatever came of it; -1 before the first. */
  issuedThrough: number;
  /** When the next issuance is due, and the last epoch of its period; null until that was decided. */
  nextIssuance: { readonly last: number; readonly dueAt: UnixSeconds } | null;
  issuance: StoredIssuance | null;
  pack: StoredPack | null;
  schedule: RefillSchedule | null;
  /** When a token was last used, or the wallet made. Without use, a client stops refilling after seven epochs. */
  usedAt: UnixSeconds;
}

/** The state of a wallet that meets vouchers for the first time. */
export const emptyVouchers = (period: number, now: UnixSeconds): VoucherState => ({
  period,
  services: [],
  held: [],
  issuedThrough: -1,
  nextIssuance: null,
  issuance: null,
  pack: null,
  schedule: null,
  usedAt: now,
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** Whether every part is there and has its type, so that nothing fails later on a damaged wallet. */
export function isVoucherState(value: unknown): value is VoucherState {
  if (!isRecord(value)) return false;
  const { period, services, held, issuedThrough, nextIssuance, issuance, pack, schedule, usedAt } = value;
  return (
    Number.isSafeInteger(period) &&
    Array.isArray(services) &&
    Array.isArray(held) &&
    held.every(isVoucher) &&
    Number.isSafeInteger(issuedThrough) &&
    (nextIssuance === null || hasNumbers(nextIssuance, 'last', 'dueAt')) &&
    (issuance === null || (hasNumbers(issuance, 'first', 'last') && isBytes(issuance['randomness']))) &&
    (pack === null ||
      (hasNumbers(pack, 'epoch', 'attempts') && isVoucher(pack['voucher']) && isBytes(pack['randomness']))) &&
    (schedule === null || hasNumbers(schedule, 'epoch')) &&
    Number.isFinite(usedAt)
  );
}

const isBytes = (value: unknown): boolean => value instanceof Uint8Array;

const hasNumbers = (
  value: unknown,
  ...names: readonly string[]
): value is Readonly<Record<string, unknown>> =>
  isRecord(value) && names.every((name) => Number.isFinite(value[name]));

const isVoucher = (value: unknown): boolean =>
  hasNumbers(value, 'epoch') && isBytes(value['key']) && isBytes(value['token']);
