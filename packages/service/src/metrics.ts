/** Counts are published in steps of this many: a smaller number, or a smaller difference, could be one person's. */
const STEP = 50;

const FLUSH_SECONDS = 10; // between two transfers of an isolate's counts

/** A Prometheus counter with one label. Labels and their values come from closed sets, never from a request. */
export interface CounterFamily {
  /** Without prefix and `_total`: `issued`. */
  readonly name: string;
  readonly help: string;
  readonly label: string;
}

/** Where the counts of all isolates or of one process add up. A cell is `family value`. */
export interface CounterStore {
  add(counts: Readonly<Record<string, number>>): Promise<void>;
  totals(): Promise<Readonly<Record<string, number>>>;
}

/** Counts in memory until the next flush. */
export class Tally {
  #counts: Record<string, number> = {};
  #flushedAt = 0;

  /** @param cell - `family value`, both from closed sets */
  readonly count = (cell: string, by = 1): void => {
    this.#counts[cell] = (this.#counts[cell] ?? 0) + by;
  };

  get isEmpty(): boolean {
    return Object.keys(this.#counts).length === 0;
  }

  /**
   * Moves the counts to the store if that was not done in the last ten seconds. Returns the transfer, or null.
   *
   * @param now - Unix seconds
   */
  flushDue(store: Pick<CounterStore, 'add'>, now: number): Promise<void> | null {
    if (this.isEmpty || Math.abs(now - this.#flushedAt) < FLUSH_SECONDS) return null;
    this.#flushedAt = now;
    return this.flush(store).catch(() => {});
  }

  /** Moves the counts to the store. A crash loses the counts since the last flush. */
  async flush(store: Pick<CounterStore, 'add'>): Promise<void> {
    const counts = this.#counts;
    this.#counts = {};
    if (Object.keys(counts).length > 0) await store.add(counts);
  }
}

/** Counts of this process; a scraper sees them start at 0 again with it. */
export function memoryCounters(): CounterStore {
  const totals: Record<string, number> = {};
  return {
    async add(counts) {
      for (const [cell, count] of Object.entries(counts)) totals[cell] = (totals[cell] ?? 0) + count;
    },
    totals: async () => ({ ...totals }),
  };
}

/**
 * Counters in the Prometheus text format, each rounded down to a multiple of 50. A cell that is 0 then has no line.
 *
 * @param prefix - `sotto_issuer`
 */
export function metricsText(
  prefix: string,
  families: readonly CounterFamily[],
  totals: Readonly<Record<string, number>>,
): string {
  const cells = Object.entries(totals).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lines: string[] = [];
  for (const { name, help, label } of families) {
    const metric = `${prefix}_${name}_total`;
    lines.push(`# HELP ${metric} ${help}`, `# TYPE ${metric} counter`);
    for (const [cell, count] of cells) {
      const [family, value] = cell.split(' ', 2);
      const shown = count - (count % STEP);
      if (family === name && shown > 0) lines.push(`${metric}{${label}="${value}"} ${shown}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The response to a scrape. */
export function metricsResponse(text: string): Response {
  return new Response(text, {
    headers: { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' },
  });
}
