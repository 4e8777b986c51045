import { cpuOf, ratesOf, rowsEach, type Measurement } from './scale-measured.ts';
import type { Kind } from './virtual-suite.ts';

/** A number that the budget rests on, with its unit and where it comes from. Every one is a flag of `npm run scale`. */
export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly why: string;
}

const of = (value: number, unit: string, why: string): Assumption => ({ value, unit, why });

const published = 'Cloudflare’s price list';

const FIXED = {
  'relay-cpu': of(0.8, 'ms a search or refill', 'measured 2026-11-27, workerd’s CPU: the relay’s part'),
  'small-cpu': of(0.2, 'ms a bundle or preflight', 'measured 2026-11-23, workerd’s CPU'),
  'preflights-a-device': of(1, 'a day', 'browsers only, at the relay; at the issuer one an issuance'),
  peak: of(
    3,
    'times the mean',
    'guess: evenings. Tokens are fetched while the app is open, so they have the same peak',
  ),
  'isolate-rate': of(20, 'requests a second', 'guess; above it another isolate starts'),
  'counter-rows': of(4, 'rows a write', 'outcomes that an isolate has counted in ten seconds'),

  'request-bytes': of(2_167, 'bytes', '1,024 padded, in an X-Wing envelope'),
  'response-bytes': of(163_872, 'bytes', '163,840 padded, sealed'),
  'refill-bytes': of(9_400, 'bytes', '4,096 padded, in an envelope, and back'),
  'spent-bytes': of(132, 'bytes a row', 'measured: SQLite pages, 300,000 random rows'),
  'quota-bytes': of(179, 'bytes a row', 'measured likewise'),
  epochs: of(2, 'epochs', 'a spent token is remembered until its key is gone'),

  'object-rate': of(500, 'requests a second', 'a Durable Object does 500 to 1,000 of simple work'),
  'object-room': of(10, 'GB', 'the limit of one Durable Object'),
  'object-active': of(10, 'ms a call', 'guess: the insert, and the confirmation of its copies'),
  'object-memory': of(0.128, 'GB', published),
  'rows-read': of(2, 'rows a search', 'whether the ledger is closed, and the row of the token'),

  'plan-price': of(5, '$ a month and account', published),
  'request-price': of(0.3, '$ a million', `${published}; requests over a binding are free`),
  'requests-included': of(10, 'million a month', published),
  'cpu-price': of(0.02, '$ a million ms', published),
  'cpu-included': of(30, 'million ms a month', published),
  'object-request-price': of(0.15, '$ a million', published),
  'object-requests-included': of(1, 'million a month', published),
  'duration-price': of(12.5, '$ a million GB-s', published),
  'duration-included': of(0.4, 'million GB-s a month', published),
  'rows-written-price': of(1, '$ a million', `${published}; dropping a whole object writes none`),
  'rows-written-included': of(50, 'million a month', published),
  'rows-read-price': of(0.001, '$ a million', published),
  'rows-read-included': of(25_000, 'million a month', published),
  'storage-price': of(0.2, '$ a GB and month', published),
  'storage-included': of(5, 'GB', published),
} as const satisfies Record<string, Assumption>;

/** What the budget takes from measured device-days with vouchers. */
function measuredOf({ vouchers, date }: Measurement) {
  const measured = `measured ${date}, device-days with vouchers`;
  const three = (value: number): number => Number(value.toPrecision(3));
  const cpu = (kind: Kind, unit: string): Assumption =>
    of(three(cpuOf(vouchers, kind)), `ms ${unit}`, measured);
  const rate = (kind: Kind): Assumption => of(three(ratesOf(vouchers, kind)), 'a day', measured);
  const rows = (kind: Kind): Assumption => of(three(rowsEach(vouchers, kind)), 'rows', measured);
  return {
    'search-cpu': cpu('search', 'a search, all services'),
    'refill-cpu': cpu('refill', 'a refill of 30 tokens, all services'),
    'issuance-cpu': cpu('issuance', 'an issuance of up to 21 vouchers'),
    'searches-a-device': rate('search'),
    'refills-a-device': rate('refill'),
    'issuances-a-device': rate('issuance'),
    'bundles-a-device': rate('bundle'),
    'search-rows': rows('search'),
    'refill-rows': rows('refill'),
    'issuance-rows': rows('issuance'),
  };
}

/** Every number that the budget rests on. */
export const assumptionsOf = (measurement: Measurement) => ({ ...measuredOf(measurement), ...FIXED });

export type Assumptions = ReturnType<typeof assumptionsOf>;
export type AssumptionName = keyof Assumptions;
export type Numbers = Readonly<Record<AssumptionName, number>>;

/** A line of the budget. */
export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

const DAY = 86_400; // seconds
const MONTH = 30; // days
const MILLION = 1e6;

// What the services are built for.
const COUNTER_SHARDS = 16;
const FLUSH_SECONDS = 10; // between two writes of an isolate's counts
const BATCH = 30; // tokens of a refill
const VOUCHERS = 21; // of an issuance, at most: a period of seven epochs, three each
const MAX_BLOCK = 30_000; // evaluations that an isolate reserves at once
const BLOCK_SECONDS = 600; // a block lasts about this long, and an isolate asks this often whether its key exists

/** The load and cost of this many searches per day. Money and counts are per month of 30 days. */
export function budget(searches: number, n: Numbers): Line[] {
  const line = (name: string, unit: string, value: number): Line => ({ name, unit, value });
  const monthly = (perDay: number): number => (perDay * MONTH) / MILLION;
  const charge = (used: number, included: number, price: number): number =>
    Math.max(0, used - included) * price;

  const devices = searches / n['searches-a-device'];
  const issuances = devices * n['issuances-a-device'];
  const refills = devices * n['refills-a-device'];
  const bundles = devices * n['bundles-a-device'];
  const preflights = devices * n['preflights-a-device']; // at the relay; at the issuer one an issuance
  const perSecond = searches / DAY;
  const signedPeak = ((refills + issuances) / DAY) * n.peak;
  const evaluations = refills * BATCH + issuances * VOUCHERS; // a day
  // A search or a refill takes one request at the gateway and one at the issuer, an issuance one at the issuer.
  const isolates = (2 * (searches + refills) + issuances) / DAY / n['isolate-rate'];
  const isolatesPeak = isolates * n.peak;
  const signers = Math.max(1, signedPeak / n['isolate-rate']);
  const counterWrites = monthly((isolates * DAY) / FLUSH_SECONDS);
  const spentRows = (searches + refills) * n.epochs;
  const shards = Math.max(
    1,
    Math.ceil((perSecond * n.peak) / n['object-rate']),
    Math.ceil((searches * n.epochs * n['spent-bytes']) / (n['object-room'] * 1e9)),
  );

  const relayRequests = monthly(searches + refills + bundles + preflights);
  const relayCpu = monthly((searches + refills) * n['relay-cpu'] + (bundles + preflights) * n['small-cpu']);
  const requests = monthly(searches + refills + 2 * issuances);
  const tokenCpu = monthly(
    refills * (n['refill-cpu'] - n['relay-cpu']) + issuances * (n['issuance-cpu'] + n['small-cpu']),
  );
  const cpu = monthly(searches * (n['search-cpu'] - n['relay-cpu'])) + tokenCpu;
  const calls = monthly(searches + refills + issuances) + counterWrites;
  const rows =
    monthly(searches * n['search-rows'] + refills * n['refill-rows'] + issuances * n['issuance-rows']) +
    counterWrites * n['counter-rows'];
  // An object that is never idle is billed for the clock, not for its calls one by one.
  const busy = Math.min((calls * n['object-active']) / 1000, monthly(2 * shards * DAY));
  const duration = busy * n['object-memory'];
  const storage = (spentRows * n['spent-bytes'] + devices * n['quota-bytes']) / 1e9;
  const refillBytes = (refills / DAY) * n['refill-bytes'];
  const searchBytes = perSecond * (n['request-bytes'] + n['response-bytes']);
  const traffic = ((searchBytes + refillBytes) * n.peak * 8) / 1e9;

  const relayMoney =
    n['plan-price'] +
    charge(relayRequests, n['requests-included'], n['request-price']) +
    charge(relayCpu, n['cpu-included'], n['cpu-price']);
  const money = {
    requests: charge(requests, n['requests-included'], n['request-price']),
    cpu: charge(cpu, n['cpu-included'], n['cpu-price']),
    objects:
      charge(calls, n['object-requests-included'], n['object-request-price']) +
      charge(duration, n['duration-included'], n['duration-price']),
    rows:
      charge(rows, n['rows-written-included'], n['rows-written-price']) +
      charge(monthly((searches + refills) * n['rows-read']), n['rows-read-included'], n['rows-read-price']),
    storage: charge(storage, n['storage-included'], n['storage-price']),
  };
  const operator = Object.values(money).reduce((sum, part) => sum + part, n['plan-price']);
  return [
    line('searches, mean', 'a second', perSecond),
    line('searches, peak', 'a second', perSecond * n.peak),
    line('refills and issuances, peak', 'a second', signedPeak),
    line('devices', '', devices),
    line('traffic, peak', 'Gbit/s', traffic),
    line('relay: requests', 'M', relayRequests),
    line('relay: CPU', 'M ms', relayCpu),
    line('relay: money', '$', relayMoney),
    line('operator: requests', 'M', requests),
    line('operator: CPU', 'M ms', cpu),
    line('of it, tokens', 'M ms', tokenCpu),
    line('cores, peak', '', ((cpu + relayCpu) * n.peak * MILLION) / (MONTH * DAY * 1000)),
    line('isolates, peak', '', isolatesPeak),
    line(
      'object of the keys, peak',
      'calls a second',
      (2 * signers) / BLOCK_SECONDS + ((evaluations / DAY) * n.peak) / MAX_BLOCK,
    ),
    line('object of counts, peak', 'calls a second', isolatesPeak / FLUSH_SECONDS / COUNTER_SHARDS),
    line('object requests', 'M', calls),
    line('object duration', 'M GB-s', duration),
    line('rows written', 'M', rows),
    line('ledger shards a key', '', shards),
    line('storage', 'GB', storage),
    line('money: requests', '$', money.requests),
    line('money: CPU', '$', money.cpu),
    line('money: objects', '$', money.objects),
    line('money: rows', '$', money.rows),
    line('money: storage', '$', money.storage),
    line('operator: money', '$', operator),
    line('both, a million searches', '$', (relayMoney + operator) / monthly(searches)),
  ];
}

/** The budgets side by side, as a table of Markdown. */
export function budgetTable(scales: readonly number[], n: Numbers): string[] {
  const columns = scales.map((searches) => budget(searches, n));
  const head = ['a month, unless said', ...scales.map((s) => `${scaleName(s)} a day`)];
  const rows = (columns[0] ?? []).map(({ name, unit }, i) => [
    unit === '' ? name : `${name} (${unit})`,
    ...columns.map((column) => figure(column[i]?.value ?? 0)),
  ]);
  const rule = ['---', ...scales.map(() => '---:')];
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** The assumptions of the budgets, as a table of Markdown. */
export function assumptionsTable(assumptions: Assumptions, n: Numbers): string[] {
  const rows = Object.entries(assumptions).map(
    ([name, { unit, why }]) => `| ${name} | ${n[name as AssumptionName]} | ${unit} | ${why} |`,
  );
  return ['| assumption | value | unit | source |', '| --- | ---: | --- | --- |', ...rows];
}

function scaleName(searches: number): string {
  const exponent = Math.log10(searches);
  return Number.isInteger(exponent) ? `10^${exponent}` : searches.toLocaleString('en-US');
}

/** Rounds to three significant digits. */
function figure(value: number): string {
  if (value === 0) return '0';
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 });
}

export const valuesOf = (assumptions: Assumptions): Record<AssumptionName, number> =>
  Object.fromEntries(Object.entries(assumptions).map(([name, { value }]) => [name, value])) as Record<
    AssumptionName,
    number
  >;

export const SCALES = [1e6, 1e8, 1e9] as const; // searches a day
