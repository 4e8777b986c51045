import type { DeviceDays } from './device-days.ts';
import type { Kind, Spent } from './virtual-suite.ts';

/** Measured device-days, as `npm run scale` prints and stores them. */
export interface Measurement {
  /** `2026-11-26` */
  readonly date: string;
  readonly devices: number;
  readonly days: number;
  readonly vouchers: DeviceDays;
  readonly direct: DeviceDays;
}

const TOKENS: readonly Kind[] = ['issuance', 'batch', 'refill'];
/** Objects that write once for each request of a device. What others write depends on isolates and on time. */
const PER_REQUEST = /(Quota|Spent)Shard$/;
const ALL = /./;
const NOTHING: Spent = { requests: 0, cpu: 0, rows: {} };

/** Sums over some kinds of request of the devices of one scheme. */
function sumOf({ spent }: DeviceDays, kinds: readonly Kind[], value: (one: Spent) => number): number {
  return kinds.reduce((sum, kind) => sum + value(spent[kind] ?? NOTHING), 0);
}

const rowsOf =
  (classes: RegExp) =>
  ({ rows }: Spent): number =>
    Object.entries(rows).reduce((sum, [name, n]) => sum + (classes.test(name) ? n : 0), 0);

/** So many requests a device-day. */
export const ratesOf = (days: DeviceDays, kind: Kind): number =>
  sumOf(days, [kind], ({ requests }) => requests) / days.deviceDays;

/** Milliseconds of CPU of one request. */
export const cpuOf = (days: DeviceDays, kind: Kind): number => {
  const { cpu, requests } = days.spent[kind] ?? NOTHING;
  return cpu / Math.max(1, requests);
};

/** Rows that one request writes to quotas and ledgers. */
export const rowsEach = (days: DeviceDays, kind: Kind): number =>
  rowsOf(PER_REQUEST)(days.spent[kind] ?? NOTHING) / Math.max(1, days.spent[kind]?.requests ?? 0);

/** Requests that show the account, in 28 days of a device. */
export const accountRequests = (days: DeviceDays): number =>
  28 * (ratesOf(days, 'issuance') + ratesOf(days, 'batch'));

/** CPU for tokens, in milliseconds a device-day. */
export const tokenCpu = (days: DeviceDays): number => sumOf(days, TOKENS, ({ cpu }) => cpu) / days.deviceDays;

/** Rows of quotas and ledgers for tokens, a device-day. */
export const tokenRows = (days: DeviceDays): number =>
  sumOf(days, TOKENS, rowsOf(PER_REQUEST)) / days.deviceDays;

const otherRows = (days: DeviceDays): number =>
  sumOf(days, [...TOKENS, 'search', 'bundle'], (one) => rowsOf(ALL)(one) - rowsOf(PER_REQUEST)(one)) /
  days.deviceDays;

const perAccount = (days: DeviceDays): number =>
  cpuOf(days, days.spent.issuance === undefined ? 'batch' : 'issuance');

type Column = readonly [name: string, value: (days: DeviceDays) => number | null];

const COLUMNS: readonly Column[] = [
  ['requests with the account in 28 days', accountRequests],
  ['requests for vouchers or tokens with the account', (days) => accountRequests(days) / 28],
  ['refills', (days) => ratesOf(days, 'refill')],
  ['bundles', (days) => ratesOf(days, 'bundle')],
  ['searches', (days) => ratesOf(days, 'search')],
  ['CPU for tokens (ms)', tokenCpu],
  ['CPU for bundles (ms)', (days) => sumOf(days, ['bundle'], ({ cpu }) => cpu) / days.deviceDays],
  ['CPU for searches (ms)', (days) => sumOf(days, ['search'], ({ cpu }) => cpu) / days.deviceDays],
  ['rows for tokens', tokenRows],
  ['rows for searches', (days) => sumOf(days, ['search'], rowsOf(PER_REQUEST)) / days.deviceDays],
  ['rows of counters, of keys and of new objects', otherRows],
  ['CPU of one request with the account (ms)', perAccount],
  ['CPU of one refill (ms)', (days) => (days.spent.refill ? cpuOf(days, 'refill') : null)],
  ['CPU of one search (ms)', (days) => cpuOf(days, 'search')],
  ['share of searches without a rested token', ({ served, unserved }) => unserved / (served + unserved)],
];

/** A table of Markdown: each row is of a device-day, unless it says otherwise. */
export function measuredTable({ vouchers, direct }: Measurement): string[] {
  const rows = COLUMNS.map(([name, value]) => [name, ...[vouchers, direct].map((days) => text(value(days)))]);
  return [
    ['a device and day, unless said', 'with vouchers', 'without'],
    ['---', '---:', '---:'],
    ...rows,
  ].map((cells) => `| ${cells.join(' | ')} |`);
}

const text = (value: number | null): string => (value === null ? '–' : `${Number(value.toPrecision(2))}`);

interface Bound {
  readonly what: string;
  readonly value: (measurement: Measurement) => number;
  readonly least?: number;
  readonly most?: number;
}

/** What vouchers must not exceed, and what shows that direct issuance was measured beside them. */
const BOUNDS: readonly Bound[] = [
  {
    what: 'requests with the account in 28 days, with vouchers',
    value: ({ vouchers }) => accountRequests(vouchers),
    most: 4.3,
  },
  {
    what: 'requests with the account in 28 days, without vouchers',
    value: ({ direct }) => accountRequests(direct),
    least: 50,
  },
  {
    what: 'milliseconds of CPU for tokens a device-day, with vouchers',
    value: ({ vouchers }) => tokenCpu(vouchers),
    most: 7,
  },
  {
    what: 'rows for tokens a device-day, with vouchers',
    value: ({ vouchers }) => tokenRows(vouchers),
    most: 0.6,
  },
];

/** The bounds that a measurement misses, one line each. */
export function missedBounds(measurement: Measurement): string[] {
  return BOUNDS.flatMap(({ what, value, least = 0, most = Infinity }) => {
    const found = value(measurement);
    if (found >= least && found <= most) return [];
    return [
      `${what}: ${found.toFixed(2)}, must be ${most === Infinity ? `at least ${least}` : `at most ${most}`}`,
    ];
  });
}
