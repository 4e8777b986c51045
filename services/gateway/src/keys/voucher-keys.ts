import { decodeBundle } from '@sotto/bundle';
import type { PublishedSchedule, ScheduledRefill } from '@sotto/redemption';
import { equalBytes, type Bytes } from '@sotto/wire';
import type { StoredBundle } from '../ports.ts';

/** The key of the vouchers of each epoch, by the index of the epoch. */
export type VoucherKeys = ReadonlyMap<number, Bytes>;

/**
 * The keys that bundles have made public: those of bundles that were shown, or that a log has. Clients take another key for
 * one of these epochs as equivocation, so every later bundle names the same, even if the issuer has lost it.
 *
 * @param current - the index of the running epoch
 */
export function publicVoucherKeys(bundles: readonly StoredBundle[], current: number): VoucherKeys {
  const isPublic = ({ epochIndex, signature, proof }: StoredBundle): boolean =>
    signature !== null && (epochIndex <= current || proof !== null);
  return new Map(
    bundles
      .filter(isPublic)
      .flatMap(({ epochIndex, bundle }) => keysOf(epochIndex, decodeBundle(bundle).extension?.refill)),
  );
}

/** The refills of an epoch, with the keys that are public already in place of others. */
export function withPublicKeys(
  refill: ScheduledRefill | null | undefined,
  epochIndex: number,
  known: VoucherKeys,
): ScheduledRefill | null {
  if (refill === null || refill === undefined) return null;
  return { ...refill, keys: refill.keys.map((key, i) => known.get(epochIndex + i) ?? key) };
}

/** Keys of vouchers that are public, and that the issuer does not have: one line for the operator, or none. */
export function lostVouchersProblem(
  known: VoucherKeys,
  { epochs }: PublishedSchedule,
  epochSeconds: number,
): string[] {
  const present = new Map(epochs.flatMap(({ start, refill }) => keysOf(start / epochSeconds, refill)));
  const lost = [...known].flatMap(([epochIndex, key]) => {
    const other = present.get(epochIndex);
    return other === undefined || equalBytes(other, key) ? [] : [epochIndex];
  });
  if (lost.length === 0) return [];
  const [first, last] = [Math.min(...lost), Math.max(...lost)];
  return [
    `vouchers of epochs ${first} to ${last}: the issuer has lost their keys, and clients or a log have them, so bundles go on naming them. These vouchers buy nothing; tokens for vouchers are back in epoch ${last + 1}`,
  ];
}

const keysOf = (
  epochIndex: number,
  refill: { readonly keys: readonly Bytes[] } | null | undefined,
): [number, Bytes][] => (refill?.keys ?? []).map((key, i) => [epochIndex + i, key]);
