import {
  acceptBundle,
  BundleError,
  bundleDigest,
  compareBundles,
  decodeBundle,
  decodeSignedBundle,
  refillKeysDiffer,
  verifySignedBundle,
  type AcceptedBundle,
  type Bundle,
} from '@sotto/bundle';
import { base64url, epochIndexAt, equalBytes, graceSeconds, type Bytes, type UnixSeconds } from '@sotto/wire';
import { ClientError, type ClientErrorCode } from './error.ts';
import { contradict, provenBundle, type PinnedPolicy, type ProvenBundle, type SignedHead } from './logged.ts';
import type { WalletState } from './wallet/state.ts';

export type { AcceptedBundle } from '@sotto/bundle';

/** The rules for accepting a bundle. */
export interface AcceptRules {
  /** Pinned root keys, 32 bytes each. */
  readonly pins: readonly Bytes[];
  /** The policy that the proof of a bundle has to meet; null when bundles need no proof. */
  readonly policy: PinnedPolicy | null;
  /** How many URLs must show the same bundle. */
  readonly agree: number;
  readonly epochSeconds: number;
  readonly now: UnixSeconds;
}

/** The wallet's bundle, if it verifies now, under the roots that are pinned now or were announced by accepted bundles. */
export function storedBundle(state: WalletState, rules: AcceptRules): AcceptedBundle | null {
  const { bundle } = state;
  if (bundle === null || bundle.pins !== pinsOf(rules)) return null;
  const roots = acceptedRoots(state, rules);
  const verified = verifiedOrNull(bundle.signed, { ...rules, roots });
  return verified && { ...verified, roots };
}

/**
 * Compares the bundles that were shown with the stored one, and stores the newest (specs/bundle.md).
 *
 * @param shown - signed bundles; with a policy, logged ones
 */
export function acceptShown(
  state: WalletState,
  shown: readonly Bytes[],
  rules: AcceptRules,
): AcceptedBundle | ClientError {
  const { policy } = rules;
  if (policy === null) return acceptSigned(state, shown, rules);
  const proven = shown.flatMap((one) => provenBundle(one, policy) ?? []);
  if (proven.length === 0) return new ClientError('bundle-unlogged');
  const forked = twoHistories(state, proven);
  if (forked !== null) return forkError(forked);
  const signed = proven.map((one) => one.signed);
  const accepted = acceptSigned(state, signed, rules);
  if (!(accepted instanceof ClientError)) {
    const largest = proven.map(({ checkpoint }) => checkpoint).toSorted((a, b) => b.size - a.size)[0];
    const { checkpoint } = state;
    const isNew = checkpoint?.origin !== largest?.origin || (checkpoint?.size ?? 0) < (largest?.size ?? 0);
    if (largest !== undefined && isNew) state.checkpoint = largest;
  }
  return accepted;
}

type Fork = readonly [SignedHead, SignedHead];

/** Two heads of the log that contradict each other, the earlier one first; null if there are none. */
function twoHistories({ checkpoint }: WalletState, proven: readonly ProvenBundle[]): Fork | null {
  const heads = [...(checkpoint === null ? [] : [checkpoint]), ...proven.map((one) => one.checkpoint)];
  for (const a of heads) {
    const b = heads.find((one) => contradict(a, one));
    if (b !== undefined) return [a, b];
  }
  return null;
}

/** The wallet keeps the first of the two, so that every further attempt gives the same evidence. */
function forkError([a, b]: Fork): ClientError {
  const what = `the log ${a.origin} signed two histories of ${a.size} entries`;
  return contradictionError(what, 'log', [a.note, b.note]);
}

function contradictionError(
  what: string,
  command: string,
  [a, b]: readonly (string | undefined)[],
): ClientError {
  if (a === undefined || b === undefined) return new ClientError('equivocation');
  const detail = `For the app's developer: ${what}. Check both texts of error.evidence with \`sotto ${command} verify\`, and publish them.`;
  return new ClientError('equivocation', { detail, evidence: [a, b] });
}

function acceptSigned(
  state: WalletState,
  shown: readonly Bytes[],
  rules: AcceptRules,
): AcceptedBundle | ClientError {
  forgetFuture(state, rules);
  const roots = acceptedRoots(state, rules);
  try {
    const accepted = acceptBundle(storedBundle(state, rules), shown, { ...rules, roots });
    const { sequence } = accepted.bundle;
    if (sequence <= state.refused) return twoBundles(state);
    if (sequence < state.sequence) return new ClientError('bundle-refused');
    if (changesVoucherKeys(state, accepted.bundle)) {
      return refuseBundles(state, sequence, otherKeys(state, accepted));
    }
    const pins = pinsOf(rules);
    state.evidence = [];
    state.sequence = sequence;
    state.bundle = { signed: accepted.signed, pins };
    state.roots = { keys: accepted.roots, pins };
    return accepted;
  } catch (error) {
    const code = error instanceof BundleError ? error.code : null;
    if (code === 'equivocation') {
      const stored = state.bundle === null ? [] : [state.bundle.signed];
      const bundles = [...stored, ...shown].flatMap((one) => verifiedOrNull(one, { ...rules, roots }) ?? []);
      const sequences = bundles.map(({ bundle }) => bundle.sequence);
      return refuseBundles(
        state,
        Math.max(state.refused, state.sequence, ...sequences),
        contradiction(bundles),
      );
    }
    return new ClientError(clientCode(code, state, shown));
  }
}

type VerifiedBundle = Pick<AcceptedBundle, 'bundle' | 'signed' | 'digest'>;

/** The first two bundles of one epoch that differ. */
function contradiction(bundles: readonly VerifiedBundle[]): readonly Bytes[] {
  for (const one of bundles) {
    const other = bundles.find((each) => compareBundles(one, each) === 'equivocation');
    if (other !== undefined) return [one.signed, other.signed];
  }
  return [];
}

/** The stored bundle and one that names another key of an epoch; none if the stored one does not name that epoch. */
function otherKeys({ bundle: stored }: WalletState, { bundle, signed }: AcceptedBundle): readonly Bytes[] {
  if (stored === null) return [];
  const before = decodeBundle(decodeSignedBundle(stored.signed).bundle);
  return refillKeysDiffer(before, bundle) ? [stored.signed, signed] : [];
}

/** Refuses this epoch and those before, and keeps the two bundles, so that every further attempt gives the same evidence. */
function refuseBundles(state: WalletState, sequence: number, bundles: readonly Bytes[]): ClientError {
  state.refused = sequence;
  state.bundle = null;
  state.evidence = bundles.map(base64url);
  return twoBundles(state);
}

const twoBundles = ({ evidence }: WalletState): ClientError =>
  contradictionError('the root signed two bundles', 'bundle', evidence);

/** Whether a bundle names another key of an epoch than the vouchers of this wallet were issued under. */
function changesVoucherKeys({ vouchers }: WalletState, { sequence, extension }: Bundle): boolean {
  const keys = extension?.refill?.keys ?? [];
  return (vouchers?.held ?? []).some(({ epoch, key }) => {
    const listed = keys[epoch - sequence];
    return listed !== undefined && !equalBytes(listed, key);
  });
}

/**
 * The error for a bundle that was not accepted. A bundle that has expired and is not older than the newest one that was
 * ever accepted means that this clock is ahead, or that the relay is days behind.
 */
function clientCode(code: string | null, state: WalletState, shown: readonly Bytes[]): ClientErrorCode {
  if (code === 'not-yet') return 'clock-wrong';
  const newest = (one: Bytes): boolean =>
    decodeBundle(decodeSignedBundle(one).bundle).sequence >= state.sequence;
  return code === 'expired' && shown.some(newest) ? 'clock-wrong' : 'bundle-refused';
}

/** Forgets sequences of the future, which a clock that was ahead accepted. They would lock the client out for days. */
function forgetFuture(state: WalletState, { now, epochSeconds }: AcceptRules): void {
  const latest = epochIndexAt(now + graceSeconds(epochSeconds), epochSeconds);
  if (state.sequence > latest) state.sequence = -1;
  if (state.refused > latest) state.refused = -1;
}

const acceptedRoots = ({ roots }: WalletState, rules: AcceptRules): readonly Bytes[] =>
  roots !== null && roots.pins === pinsOf(rules) ? roots.keys : rules.pins;

const pinsOf = ({ pins, policy }: AcceptRules): string =>
  [...pins.map(base64url), ...(policy === null ? [] : [`policy ${policy.id}`])].join(' ');

/** A bundle that verifies; null for any other. */
function verifiedOrNull(
  signed: Bytes,
  options: AcceptRules & { readonly roots: readonly Bytes[] },
): VerifiedBundle | null {
  try {
    const bundle = verifySignedBundle(signed, options);
    return { bundle, signed, digest: bundleDigest(decodeSignedBundle(signed).bundle) };
  } catch {
    return null;
  }
}
