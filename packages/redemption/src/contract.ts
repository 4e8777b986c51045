import type { Bytes, UnixSeconds } from '@sotto/wire';

/** A token that arrived with a request, as the gateway hands it to the issuer. */
export interface Redemption {
  readonly service: string;
  readonly token: Bytes; // an encoded Token (RFC 9577 §2.2)
  readonly tag: Bytes; // 32 bytes: an HMAC of the inner request, under a key that only the gateway holds
  readonly envelope: Bytes; // 32 bytes: an HMAC of the encapsulated request's `enc`
  readonly idempotent: boolean; // whether the service may receive the same request again
}

/**
 * What the issuer decides about a token. The gateway serves the request for `first` and `again` only.
 *
 * - `first`: genuine and not spent before
 * - `again`: spent by this same request before, in other envelopes, at most twice
 * - `replayed`: this envelope was redeemed before
 * - `spent`: another request spent the token, or the retries are used up
 * - `invalid`: forged, malformed, or of another service, epoch or key
 * - `unavailable`: the issuer cannot decide now; nothing is known about the token
 */
export const REDEMPTION_OUTCOMES = ['first', 'again', 'replayed', 'spent', 'invalid', 'unavailable'] as const;

/** One of the outcomes above. */
export type RedemptionOutcome = (typeof REDEMPTION_OUTCOMES)[number];

/** Redeems tokens, as the gateway's exchange sees it. */
export interface Redeemer {
  redeem(redemption: Redemption): Promise<RedemptionOutcome>;
}

/** What the issuer publishes in an epoch. The gateway puts it into the bundle of that epoch. */
export interface ScheduledEpoch {
  readonly start: UnixSeconds;
  readonly directory: Bytes; // the body of the issuer's directory (RFC 9578 §4)
  readonly challenges: readonly {
    readonly service: string;
    readonly tokenType: number;
    readonly challenge: Bytes; // an encoded TokenChallenge (RFC 9577 §2.1)
  }[];
  /** What the bundle of the epoch says about refills; null where the issuer issues no vouchers. */
  readonly refill: ScheduledRefill | null;
}

/** The refill keys of an epoch and of those after it, as in the bundle (specs/bundle.md). */
export interface ScheduledRefill {
  readonly period: number; // epochs
  readonly perEpoch: number; // vouchers
  readonly keys: readonly Bytes[]; // 32 bytes each
  readonly pack: readonly { readonly service: string; readonly tokens: number }[];
}

/** A redemption, with the revision of the issuer's store that the gateway knows. */
export interface RedemptionCall extends Redemption {
  /**
   * The highest revision that the gateway has seen, or 0. An issuer whose store has a lower one was restored
   * from a backup. It refuses the call, because it would accept spent tokens again.
   */
  readonly knownRevision: number;
  /**
   * 8 random bytes that identify this call, where it may reach two issuer processes that share one store: the
   * second process returns the result of the first. Without them a repeated call counts as a replay of the
   * envelope.
   */
  readonly call?: Bytes;
}

/** What the issuer decided, and the revision of its store after that. */
export interface RedemptionResult {
  readonly outcome: RedemptionOutcome;
  readonly revision: number;
}

/** A voucher that arrived with a pack of blinded elements, as the gateway hands it to the issuer. */
export interface RefillCall {
  readonly token: Bytes; // an encoded Token (RFC 9577 §2.2) of the service `refill`
  readonly pack: Bytes; // the content of the inner request: an encoded pack
  readonly envelope: Bytes; // 32 bytes: an HMAC of the encapsulated request's `enc`
  readonly knownRevision: number; // as in a redemption
  readonly call?: Bytes; // as in a redemption
}

/**
 * The outcomes of a refill: those of a redemption, with the pack in the place of the inner request, and
 *
 * - `malformed`: a genuine voucher with a pack that does not fit the bundle; the voucher is not spent
 */
export const REFILL_OUTCOMES = [...REDEMPTION_OUTCOMES, 'malformed'] as const;

/** One of the outcomes above. */
export type RefillOutcome = (typeof REFILL_OUTCOMES)[number];

/** What the issuer decided about a refill, and the revision of its store after that. */
export interface RefillResult {
  readonly outcome: RefillOutcome;
  /** The signed pack, for `first` and `again`; else null. */
  readonly body: Bytes | null;
  readonly revision: number;
}

/** Exchanges vouchers for packs, as the gateway's exchange sees it. */
export interface Refiller {
  refill(call: Omit<RefillCall, 'knownRevision' | 'call'>): Promise<Omit<RefillResult, 'revision'>>;
}

/** What the issuer publishes in the coming epochs. */
export interface PublishedSchedule {
  readonly revision: number;
  /** The current epoch and those made ahead, in order. */
  readonly epochs: readonly ScheduledEpoch[];
}

/** Everything that the issuer offers the gateway, on Workers as an entrypoint and on Node as a private listener. */
export interface IssuerApi {
  redeem(call: RedemptionCall): Promise<RedemptionResult>;
  /** Spends a voucher and signs its pack, in one call. */
  refill(call: RefillCall): Promise<RefillResult>;
  /** Rejects when the issuer's store is older than `knownRevision`. */
  schedule(knownRevision: number): Promise<PublishedSchedule>;
}
