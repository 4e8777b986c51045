import { equalBytes, hex, ProtocolError, type Bytes } from '@sotto/wire';
import type { Bundle } from './bundle.ts';
import { BundleError } from './error.ts';
import { bundleDigest, decodeSignedBundle } from './signed-bundle.ts';
import { verifySignedBundle, type VerifyOptions } from './verify.ts';

/** A bundle that a client accepted: as received, decoded, and with the roots that it announced. */
export interface AcceptedBundle {
  readonly bundle: Bundle;
  readonly signed: Bytes;
  readonly digest: Bytes; // 32 bytes: SHA-256 of the encoded bundle
  /** The roots that may sign the next bundle: those that could sign this one, and its `nextRoot`. */
  readonly roots: readonly Bytes[];
}

/** The options of `verifySignedBundle`, and how many sources must agree. */
export interface AcceptOptions extends VerifyOptions {
  /** How many candidates must show the same bundle: 1 to their number. Default: all of them. */
  readonly agree?: number;
}

/** How a bundle compares with the one that a client holds. */
export type BundleOrder = 'same' | 'older' | 'newer' | 'equivocation';

/** Compares two bundles by sequence, then by digest: two digests for one sequence are an equivocation. */
export function compareBundles(
  held: Pick<AcceptedBundle, 'bundle' | 'digest'>,
  other: Pick<AcceptedBundle, 'bundle' | 'digest'>,
): BundleOrder {
  if (other.bundle.sequence < held.bundle.sequence) return 'older';
  if (other.bundle.sequence > held.bundle.sequence) return 'newer';
  return equalBytes(held.digest, other.digest) ? 'same' : 'equivocation';
}

/** Whether two bundles name different keys of one epoch under which vouchers are issued. */
export function refillKeysDiffer(a: Bundle, b: Bundle): boolean {
  const keys = a.extension?.refill?.keys ?? [];
  const others = b.extension?.refill?.keys ?? [];
  return keys.some((key, i) => {
    const other = others[a.sequence + i - b.sequence];
    return other !== undefined && !equalBytes(key, other);
  });
}

/**
 * Chooses the bundle that a client uses after it received these (specs/bundle.md, "What a client accepts").
 *
 * A candidate that does not verify is ignored, and so is a lower sequence than the cached one. Two digests for one
 * sequence, among candidates and cache, refuse both.
 *
 * @param cached - the bundle that the client holds; null when it holds none
 * @param candidates - signed bundles, one from each source
 * @throws {BundleError} `equivocation`: drop the cache too. `mirrors-disagree`: fewer than `agree` show the same
 *   new bundle, and the cached one cannot be used. Else the code of the first candidate that failed
 * @throws {WireError} when that one was no SignedBundle
 */
export function acceptBundle(
  cached: AcceptedBundle | null,
  candidates: readonly Bytes[],
  options: AcceptOptions,
): AcceptedBundle {
  const roots = distinct([...options.roots, ...(cached?.roots ?? [])]);
  const { shown, failure } = openAll(candidates, { ...options, roots });
  refuseEquivocation(cached === null ? shown : [cached, ...shown]);

  const agree = options.agree ?? candidates.length;
  const usable = cached !== null && options.now < cached.bundle.notAfter;
  const supported = shown
    .filter((one) => shown.filter((other) => compareBundles(one, other) === 'same').length >= agree)
    .toSorted((a, b) => b.bundle.sequence - a.bundle.sequence);
  const [best] = supported;
  if (best !== undefined && (cached === null || compareBundles(cached, best) === 'newer')) return best;
  if (usable) return cached;
  if (shown.length > 0 && best === undefined) {
    throw new BundleError('mirrors-disagree', `fewer than ${agree} of ${candidates.length} agree`);
  }
  throw (
    failure ?? new BundleError('no-bundle', 'the cached bundle has expired and no source has a newer one')
  );
}

function openAll(
  candidates: readonly Bytes[],
  options: AcceptOptions,
): { shown: AcceptedBundle[]; failure: ProtocolError | null } {
  const shown: AcceptedBundle[] = [];
  let failure: ProtocolError | null = null;
  for (const signed of candidates) {
    try {
      const bundle = verifySignedBundle(signed, options);
      const digest = bundleDigest(decodeSignedBundle(signed).bundle);
      const next = bundle.nextRoot.length === 0 ? [] : [bundle.nextRoot];
      shown.push({ bundle, signed, digest, roots: distinct([...options.roots, ...next]) });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      failure ??= error;
    }
  }
  return { shown, failure };
}

function refuseEquivocation(bundles: readonly AcceptedBundle[]): void {
  const digests = new Map<number, Bytes>();
  for (const { bundle, digest } of bundles) {
    const first = digests.get(bundle.sequence) ?? digest;
    if (!equalBytes(first, digest)) {
      throw new BundleError('equivocation', `two bundles of sequence ${bundle.sequence}`);
    }
    digests.set(bundle.sequence, first);
  }
}

function distinct(roots: readonly Bytes[]): Bytes[] {
  return [...new Map(roots.map((root) => [hex(root), root])).values()];
}
