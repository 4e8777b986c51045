import type { IssuerApi, PublishedSchedule, Redeemer, Refiller } from '@sotto/redemption';

/**
 * The value that is kept across restarts: the highest revision of the issuer's store that the gateway has
 * seen.
 */
export interface RevisionStore {
  issuerRevision(): Promise<number>;
  /** Keeps the higher one. */
  rememberIssuerRevision(revision: number): Promise<void>;
}

/** The issuer, as the gateway uses it. */
export interface TrackedIssuer extends Redeemer, Refiller {
  readonly schedule: () => Promise<PublishedSchedule>;
  /** Stores the revision if it has grown since the last call. */
  readonly remember: () => Promise<void>;
}

const SAVE_MS = 1000; // between two writes while tokens are redeemed

/**
 * Tells the issuer the highest revision that the gateway has seen, so that an issuer whose store was restored from a
 * backup knows it and refuses (specs/storage.md).
 */
export function trackIssuer(api: IssuerApi, store: RevisionStore, elapsedMs: () => number): TrackedIssuer {
  let loaded = false;
  let known = 0;
  let saved = 0;
  let savedAt = -Infinity;

  async function load(): Promise<number> {
    if (!loaded) {
      saved = await store.issuerRevision();
      known = Math.max(known, saved);
      loaded = true;
    }
    return known;
  }

  async function remember(): Promise<void> {
    if (known <= saved) return;
    const revision = known;
    savedAt = elapsedMs();
    await store.rememberIssuerRevision(revision);
    saved = Math.max(saved, revision);
  }

  function observe(revision: number): void {
    known = Math.max(known, revision);
    if (elapsedMs() - savedAt >= SAVE_MS) remember().catch(() => {}); // the next redemption tries again
  }

  return {
    async redeem(redemption) {
      const { outcome, revision } = await api.redeem({ ...redemption, knownRevision: await load() });
      observe(revision);
      return outcome;
    },
    async refill(call) {
      const { revision, ...result } = await api.refill({ ...call, knownRevision: await load() });
      observe(revision);
      return result;
    },
    async schedule() {
      const published = await api.schedule(await load());
      known = Math.max(known, published.revision);
      await remember();
      return published;
    },
    remember,
  };
}
