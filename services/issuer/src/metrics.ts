import type { Counters } from './ports.ts';

/** Counts are shown in steps of this many: a smaller number, or a smaller difference, could be one person's. */
const STEP = 50;

const FAMILIES: Readonly<Record<string, readonly [help: string, label: string]>> = {
  issued: ['Tokens issued.', 'service'],
  redeemed: ['Redemptions by outcome.', 'outcome'],
  refused: ['Issuance requests refused, by reason.', 'reason'],
};

/** Counts in memory, and hands over at the next flush. A cell is `family value`, both from closed sets. */
export class Tally {
  #counts: Record<string, number> = {};

  readonly count = (cell: string, by = 1): void => {
    this.#counts[cell] = (this.#counts[cell] ?? 0) + by;
  };

  get empty(): boolean {
    return Object.keys(this.#counts).length === 0;
  }

  /** What a crash loses are counts since the last flush. */
  async flush(counters: Pick<Counters, 'add'>): Promise<void> {
    const counts = this.#counts;
    this.#counts = {};
    if (Object.keys(counts).length > 0) await counters.add(counts);
  }
}

/** Counters in the Prometheus text format, rounded down to a multiple of 50, without those that are 0 then. */
export function metricsText(totals: Readonly<Record<string, number>>): string {
  const lines: string[] = [];
  for (const [family, [help, label]] of Object.entries(FAMILIES)) {
    const name = `sotto_issuer_${family}_total`;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} counter`);
    for (const [cell, count] of Object.entries(totals).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const [of, value] = cell.split(' ', 2);
      const shown = count - (count % STEP);
      if (of === family && shown > 0) lines.push(`${name}{${label}="${value}"} ${shown}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
