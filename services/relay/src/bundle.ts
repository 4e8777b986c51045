/** The key bundle as bytes that the relay keeps and cannot read. */
export interface FetchedBundle {
  readonly signed: Uint8Array<ArrayBuffer>;
  /** With the proof that it is in a public log; null when the gateway has none. */
  readonly logged: Uint8Array<ArrayBuffer> | null;
  /** The provider of the gateway's machines, as the gateway names it; null when it names none. */
  readonly provider: string | null;
}

/** The bundle of one gateway. */
export interface ScheduledBundle {
  /** The last good bundle. Fetches first if that is due. Null when no fetch has ever succeeded. */
  current(waitUntil: (work: Promise<unknown>) => void): Promise<FetchedBundle | null>;
  /** The last good bundle, without a fetch. */
  latest(): FetchedBundle | null;
  /** Fetches now. A cron calls this, and is the schedule itself. */
  refresh(): Promise<void>;
  /**
   * Fetches if this period had no fetch yet; for a timer. Returns when the next fetch is due, in Unix
   * milliseconds.
   */
  refreshDue(): Promise<number>;
}

export interface ScheduleDeps {
  /** One fetch of the bundle, bounded in time; null when it failed. */
  readonly fetchBundle: () => Promise<FetchedBundle | null>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly periodMs: number;
  /** Whether only a timer fetches. Then requests of clients never do, not even the first one in a period. */
  readonly byTimer?: boolean;
}

const FIRST_PERIOD_MS = 10_000; // until the first bundle came
const POLL_MS = 25;
const MAX_WAIT_MS = 8000;

/**
 * Keeps the key bundle of one gateway.
 *
 * How often the bundle is fetched follows from the clock: at most once in each period of the clock, and a
 * failure is not tried again before the next period. Clients cannot cause a second fetch, so the gateway
 * cannot give one client a special bundle.
 */
export function scheduledBundle({
  fetchBundle,
  now,
  sleep,
  periodMs,
  byTimer = false,
}: ScheduleDeps): ScheduledBundle {
  let good: FetchedBundle | null = null;
  let due = 0; // Unix milliseconds
  let busySince: number | null = null;

  const nextBoundary = (): number => {
    const period = good === null ? Math.min(periodMs, FIRST_PERIOD_MS) : periodMs;
    return (Math.floor(now() / period) + 1) * period;
  };
  const refresh = async (): Promise<void> => {
    busySince = now();
    due = nextBoundary();
    good = (await fetchBundle().catch(() => null)) ?? good;
    busySince = null;
    due = nextBoundary();
  };
  const busy = (): boolean => busySince !== null && Math.abs(now() - busySince) < MAX_WAIT_MS;
  /** Whether a fetch is due. A time more than a period ahead was set by a wrong clock. */
  const isDue = (): boolean => now() >= due || due - now() > periodMs;

  return {
    refresh,
    latest: () => good,
    async refreshDue() {
      if (!busy() && isDue()) await refresh();
      return due;
    },
    async current(waitUntil) {
      if (!byTimer && !busy() && isDue()) {
        const fetched = refresh();
        waitUntil(fetched);
        await fetched;
      }
      // Another request's promise cannot be awaited in workerd, so its end is polled for.
      for (;;) {
        if (good !== null || !busy()) return good;
        await sleep(POLL_MS);
      }
    },
  };
}
