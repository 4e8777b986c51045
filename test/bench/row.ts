/** Microseconds of one call of each contestant, and the median of the ratios of their rounds. */
export interface Measured {
  readonly ours_us: number;
  readonly peer_us: number | null;
  readonly ratio: number | null;
  /** How far another run may differ, as a share of the median: of the ratios, or of ours without a peer. */
  readonly spread: number | null;
  readonly limit_us: number | null;
  /** The size at which the row was measured, if there are several. */
  readonly size?: number;
  /** The cost beside that of the smallest size, if this is a larger one. */
  readonly relative?: number;
  /** The parts of ours, if the row is the worst of several. */
  readonly each_us?: Readonly<Record<string, number>>;
  /** Parts of ours, each with its time, which are no rows of their own. */
  readonly parts_us?: Readonly<Record<string, number>>;
  /** The growth of the process's memory, if the row measures it. */
  readonly growth_bytes?: number;
}

/**
 * Different calls of ours and of the peer. Quantiles of each are compared. Ours is that of the worst group.
 */
export interface Cases {
  readonly quantiles: readonly { readonly name: string; readonly share: number }[];
  readonly ours: readonly Case[];
  readonly theirs: readonly Case[];
}

export interface Case {
  readonly group: string;
  run(): unknown;
}

/** One comparison: the same work done by us and by a peer from npm, in one process. */
export interface Row {
  readonly name: string;
  /** The npm package. */
  readonly peer: string;
  ours(): unknown;
  theirs(): unknown;
  /** The platform's bare primitives for the same work: a lower bound for any code. */
  limit?(): unknown;
  /** Instead of whole calls: cases of which quantiles are compared, each under a name of its own. */
  cases?(): Cases;
  /**
   * Whether a turn is one call. For calls that leave much garbage: of several calls in a turn, some turns would have a
   * collection of all garbage and others none, and the median would fall on either.
   */
  readonly isOneCall?: boolean;
  /**
   * Megabytes of one semi-space of the young generation in Node, for a row whose figure depends on it. Otherwise V8 chooses the size, and
   * calls that leave much garbage are cheaper in one isolate than in another. Calls that leave large buffers outside of V8's heap need
   * a small one: with a large one, either a scavenge or a costly full collection frees these buffers, and which one differs by run.
   */
  readonly semiSpace?: number;
  /** Throws unless both do the same work: outputs are compared before anything is timed. */
  check(): Promise<void>;
}

export interface Figure {
  readonly name: string;
  readonly runtime: 'node' | 'workerd' | 'chromium';
  readonly ours_us: number;
  readonly peer: string | null;
  readonly peer_us: number | null;
  readonly ratio: number | null;
  readonly spread: number | null;
  /** Whether the spread is over 10 %, so that the next run may give another figure. */
  readonly unsteady: boolean;
  readonly limit_us: number | null;
  readonly size?: number;
  /** The cost beside that of the smallest size, if this is a larger one. */
  readonly relative?: number;
  readonly each_us?: Readonly<Record<string, number>>;
  readonly parts_us?: Readonly<Record<string, number>>;
  /** The growth of the process's memory, if the row measures it. */
  readonly growth_bytes?: number;
}

export function same(ours: Uint8Array, theirs: Uint8Array, what: string): void {
  if (ours.length !== theirs.length || ours.some((byte, i) => byte !== theirs[i])) {
    throw new Error(`${what}: ours and the peer's differ`);
  }
}
