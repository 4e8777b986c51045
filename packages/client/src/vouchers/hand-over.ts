import { decodeToken, tokenKeyId } from '@sotto/privacypass';
import { concat, equalBytes, hex, ProtocolError, Reader, uint, utf8, vector, type Bytes } from '@sotto/wire';
import type { ActiveBundle } from '../bundle-cache.ts';
import { ClientError } from '../error.ts';
import type { WalletState } from '../wallet/state.ts';
import { refillOf } from './issuance.ts';
import type { StoredVoucher } from './state.ts';

/** The first bytes of exported vouchers. */
const CONTEXT = utf8('sotto vouchers v1\0');

/** Which vouchers to hand over: so many for each of so many epochs, the current one first. */
export interface HandOver {
  /** Default: 7. */
  readonly epochs?: number;
  /** Default: 1. */
  readonly perEpoch?: number;
}

/**
 * Takes vouchers out of a wallet, for another device of the same person.
 *
 *     struct { uint64 epoch; opaque key[32]; opaque token<0..2^16-1>; } Voucher;
 *     struct { opaque context[18]; Voucher vouchers[n]; }
 */
export function exportVouchers(
  { vouchers }: WalletState,
  epoch: number,
  { epochs = 7, perEpoch = 1 }: HandOver,
): Bytes {
  const chosen: StoredVoucher[] = [];
  for (let i = 0; i < epochs; i++) {
    chosen.push(...(vouchers?.held ?? []).filter((one) => one.epoch === epoch + i).slice(0, perEpoch));
  }
  if (vouchers === null || chosen.length === 0) throw new ClientError('no-vouchers');
  vouchers.held = vouchers.held.filter((one) => !chosen.includes(one));
  return concat(CONTEXT, ...chosen.map((one) => concat(uint(8, one.epoch), one.key, vector(2, one.token))));
}

/**
 * Adds vouchers that another device gave away. Those that are over, held already, or not of the bundle's keys are left
 * out. Returns how many were added.
 *
 * @throws {ClientError} `config` for bytes that are no vouchers; `refills-ended`
 */
export function importVouchers(state: WalletState, active: ActiveBundle, bytes: Bytes): number {
  const { keys } = refillOf(active);
  const { sequence } = active.bundle;
  const { vouchers } = state;
  if (vouchers === null) throw new ClientError('refills-ended');
  const known = new Set(vouchers.held.map(({ token }) => hex(decodeToken(token).nonce)));
  const added = readVouchers(bytes).filter(({ epoch, key, token }) => {
    const listed = keys[epoch - sequence];
    const nonce = hex(decodeToken(token).nonce);
    if (listed === undefined || !equalBytes(listed, key) || known.has(nonce)) return false;
    known.add(nonce);
    return equalBytes(decodeToken(token).tokenKeyId, tokenKeyId(key));
  });
  vouchers.held.push(...added);
  return added.length;
}

function readVouchers(bytes: Bytes): StoredVoucher[] {
  try {
    const r = new Reader(bytes);
    if (!equalBytes(r.opaque(CONTEXT.length, 'context'), CONTEXT)) throw notVouchers();
    const list: StoredVoucher[] = [];
    while (r.remaining > 0) {
      const voucher = {
        epoch: r.uint(8, 'epoch'),
        key: r.opaque(32, 'key'),
        token: r.vector(2, 'token').rest(),
      };
      decodeToken(voucher.token);
      list.push(voucher);
    }
    return list;
  } catch (error) {
    if (error instanceof ProtocolError) throw notVouchers();
    throw error;
  }
}

const notVouchers = (): ClientError =>
  new ClientError('config', { detail: 'importVouchers takes what exportVouchers returned.' });
