/** A number that the budget rests on, with its unit and where it comes from. Every one is a flag of `npm run scale`. */
export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly why: string;
}

const of = (value: number, unit: string, why: string): Assumption => ({ value, unit, why });

const measured = 'measured 2026-11-23, workerd’s CPU';
const published = 'Cloudflare’s price list';

export const ASSUMPTIONS = {
  'relay-cpu': of(1.6, 'ms a search', measured),
  'gateway-cpu': of(2.2, 'ms a search', measured),
  'redeem-cpu': of(0.8, 'ms a search', measured),
  'search-cpu': of(1.3, 'ms a search', measured),
  'issue-cpu': of(12, 'ms a batch of 30', `${measured}, quota objects awake; 7.8 of them are the signing`),
  'small-cpu': of(0.2, 'ms a bundle or preflight', measured),

  'searches-a-device': of(10, 'a day', 'guess; more makes issuing cheaper'),
  'batches-a-device': of(3, 'a day', 'the client’s schedule: issued whether they are used or not'),
  'bundles-a-device': of(1, 'a day', 'one an epoch'),
  'preflights-a-device': of(2, 'a day', 'browsers only; one for each origin and day'),
  peak: of(3, 'times the mean', 'guess: evenings'),
  'issuing-peak': of(4, 'times the mean', 'tokens are fetched in the first 6 of 24 hours'),
  'isolate-rate': of(20, 'requests a second', 'guess; above it another isolate starts'),
  'counter-rows': of(4, 'rows a write', 'outcomes that an isolate has counted in ten seconds'),

  'request-bytes': of(2_167, 'bytes', '1,024 padded, in an X-Wing envelope'),
  'response-bytes': of(163_872, 'bytes', '163,840 padded, sealed'),
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

export type AssumptionName = keyof typeof ASSUMPTIONS;
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
const BATCH = 30; // tokens
const MAX_BLOCK = 30_000; // evaluations that an isolate reserves at once
const BLOCK_SECONDS = 600; // a block lasts about this long, and an isolate asks this often whether its key exists

/** The load and cost of this many searches per day. Money and counts are per month of 30 days. */
export function budget(searches: number, n: Numbers): Line[] {
  const line = (name: string, unit: string, value: number): Line => ({ name, unit, value });
  const monthly = (perDay: number): number => (perDay * MONTH) / MILLION;
  const charge = (used: number, included: number, price: number): number =>
    Math.max(0, used - included) * price;

  const devices = searches / n['searches-a-device'];
  const batches = devices * n['batches-a-device'];
  const bundles = devices * n['bundles-a-device'];
  const preflights = (devices * n['preflights-a-device']) / 2; // each at the relay and at the issuer
  const perSecond = searches / DAY;
  const issuedPerSecond = batches / DAY;
  const issuedPeak = issuedPerSecond * n['issuing-peak'];
  // A search takes one request at the gateway and one at the issuer, a batch one at the issuer.
  const isolatesOf = (searched: number, issued: number): number =>
    (2 * searched + issued) / n['isolate-rate'];
  const isolatesPeak = isolatesOf(perSecond * n.peak, issuedPeak);
  const signers = Math.max(1, issuedPeak / n['isolate-rate']);
  const counterWrites = monthly((isolatesOf(perSecond, issuedPerSecond) * DAY) / FLUSH_SECONDS);
  const spentRows = searches * n.epochs;
  const shards = Math.max(
    1,
    Math.ceil((perSecond * n.peak) / n['object-rate']),
    Math.ceil((spentRows * n['spent-bytes']) / (n['object-room'] * 1e9)),
  );

  const relayRequests = monthly(searches + bundles + preflights);
  const relayCpu = monthly(searches * n['relay-cpu'] + (bundles + preflights) * n['small-cpu']);
  const requests = monthly(searches + batches + preflights);
  const searchCpu = n['gateway-cpu'] + n['redeem-cpu'] + n['search-cpu'];
  const issueCpu = monthly(batches * n['issue-cpu']);
  const cpu = monthly(searches * searchCpu + preflights * n['small-cpu']) + issueCpu;
  const calls = monthly(searches + batches) + counterWrites;
  const rows = monthly(searches + batches) + counterWrites * n['counter-rows'];
  // An object that is never idle is billed for the clock, not for its calls one by one.
  const busy = Math.min((calls * n['object-active']) / 1000, monthly(2 * shards * DAY));
  const duration = busy * n['object-memory'];
  const storage = (spentRows * n['spent-bytes'] + devices * n['quota-bytes']) / 1e9;
  const traffic = (perSecond * n.peak * (n['request-bytes'] + n['response-bytes']) * 8) / 1e9;

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
      charge(monthly(searches * n['rows-read']), n['rows-read-included'], n['rows-read-price']),
    storage: charge(storage, n['storage-included'], n['storage-price']),
  };
  const operator = Object.values(money).reduce((sum, part) => sum + part, n['plan-price']);
  return [
    line('searches, mean', 'a second', perSecond),
    line('searches, peak', 'a second', perSecond * n.peak),
    line('batches, peak', 'a second', issuedPeak),
    line('devices', '', devices),
    line('traffic, peak', 'Gbit/s', traffic),
    line('relay: requests', 'M', relayRequests),
    line('relay: CPU', 'M ms', relayCpu),
    line('relay: money', '$', relayMoney),
    line('operator: requests', 'M', requests),
    line('operator: CPU', 'M ms', cpu),
    line('of it, issuing', 'M ms', issueCpu),
    line(
      'cores, peak',
      '',
      (((cpu - issueCpu + relayCpu) * n.peak + issueCpu * n['issuing-peak']) * MILLION) /
        (MONTH * DAY * 1000),
    ),
    line('isolates, peak', '', isolatesPeak),
    line(
      'object of the keys, peak',
      'calls a second',
      (2 * signers) / BLOCK_SECONDS + (issuedPeak * BATCH) / MAX_BLOCK,
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
export function assumptionsTable(n: Numbers): string[] {
  const rows = Object.entries(ASSUMPTIONS).map(
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

export const DEFAULTS = Object.fromEntries(
  Object.entries(ASSUMPTIONS).map(([name, { value }]) => [name, value]),
) as Numbers;

export const SCALES = [1e6, 1e8, 1e9] as const; // searches a day
