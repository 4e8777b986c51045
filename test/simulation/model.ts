import { mutualInformation, quantile } from './measure.ts';
import { DAY, FIRST_EPOCH, HOUR, Person, type Surface } from './people.ts';
import { Randomness } from './randomness.ts';
import { SCHEMES, type Did, type Scheme } from './schemes.ts';

export interface SimulationOptions {
  readonly scheme: Scheme;
  readonly surface: Surface;
  readonly accounts: number;
  readonly seed: number;
}

/**
 * The information that an operator of issuer and gateway gets, and the cost of the scheme. Means are over
 * devices and measured days.
 */
export interface Findings {
  /** Requests with the account in 28 days, and days with one. */
  readonly requests: number;
  readonly visibleDays: number;
  /** Mutual information of the hours of the first request and of the first search, per day of an account. */
  readonly bits: number;
  /** How often the account that requested last is the one that searches. */
  readonly lastRequest: number;
  /** How often the device that refilled last is the one that searches. NaN without refills. */
  readonly lastRefill: number;
  /**
   * Accounts that may have sent this many searches on different days, as a share of all: median and 5th
   * percentile.
   */
  readonly candidates: Readonly<Record<1 | 7 | 14, readonly [median: number, low: number]>>;
  /** Share of searches that found no rested token. */
  readonly unserved: number;
  readonly requestsADay: number;
  readonly refillsADay: number;
  readonly searchesADay: number;
}

const WEEKS = 12;
const MEASURED_FROM = 4 * 7; // days
const DAYS = WEEKS * 7;
const LATE_JOINERS = 0.1;
const NONE = 24; // in place of an hour
const TARGETS = 300; // people whose searches are linked

type Event = readonly [time: number, account: number];

/** The observations of the measured weeks. */
interface Seen {
  /** By account and day: the earliest time at which the account could have tokens of that day. */
  readonly since: Float64Array;
  readonly requestHour: Uint8Array;
  readonly searchHour: Uint8Array;
  /** Time of the first search by account and day; 0 for none. */
  readonly firstSearch: Float64Array;
  /** The epoch of its token. */
  readonly firstEpoch: Float64Array;
  readonly requested: Event[];
  readonly refilled: Event[];
  readonly searched: Event[];
  requests: number;
  unserved: number;
  deviceDays: number;
}

/** Runs one scheme for everyone, and measures the last eight weeks. */
export function simulate({ scheme, surface, accounts, seed }: SimulationOptions): Findings {
  const cells = accounts * DAYS;
  const seen: Seen = {
    since: new Float64Array(cells).fill(Infinity),
    requestHour: new Uint8Array(cells).fill(NONE),
    searchHour: new Uint8Array(cells).fill(NONE),
    firstSearch: new Float64Array(cells),
    firstEpoch: new Float64Array(cells),
    requested: [],
    refilled: [],
    searched: [],
    requests: 0,
    unserved: 0,
    deviceDays: 0,
  };
  for (let account = 0; account < accounts; account++)
    live(account, { scheme, surface, accounts, seed }, seen);
  return findingsOf(seen, accounts, new Randomness(seed + 1));
}

/** The twelve weeks of one account with one device. */
function live(account: number, { scheme, surface, accounts, seed }: SimulationOptions, seen: Seen): void {
  const random = new Randomness(seed * 1_000_003 + account);
  const person = new Person(random);
  const joins = account < accounts * (1 - LATE_JOINERS) ? 0 : random.below(DAYS);
  const device = SCHEMES[scheme]((FIRST_EPOCH + joins) * DAY, random);
  for (let day = joins; day < DAYS; day++) {
    const cell = account * DAYS + day;
    const isMeasured = day >= MEASURED_FROM;
    if (isMeasured) seen.deviceDays++;
    const note = (now: number, did: Did): void => {
      if (did.requests > 0) {
        for (let of = day; of <= Math.min(DAYS - 1, did.through - FIRST_EPOCH); of++) {
          const at = account * DAYS + of;
          seen.since[at] = Math.min(seen.since[at] ?? Infinity, now);
        }
      }
      if (!isMeasured) return;
      const hour = Math.floor((now % DAY) / HOUR);
      if (did.requests > 0) {
        seen.requests += did.requests;
        seen.requested.push([now, account]);
        if (seen.requestHour[cell] === NONE) seen.requestHour[cell] = hour;
      }
      for (let i = 0; i < did.refills; i++) seen.refilled.push([now, account]);
      if (!did.searched) return;
      seen.searched.push([now, account]);
      if (seen.searchHour[cell] !== NONE) return;
      seen.searchHour[cell] = hour;
      seen.firstSearch[cell] = now;
      seen.firstEpoch[cell] = did.tokenEpoch ?? FIRST_EPOCH + day;
    };
    for (const { at, searches } of person.day(FIRST_EPOCH + day, surface)) {
      note(at, device.run(at));
      for (const now of searches) {
        const did = device.search(now);
        if (isMeasured && !did.searched) seen.unserved++;
        note(now, did);
      }
    }
  }
}

function findingsOf(seen: Seen, accounts: number, random: Randomness): Findings {
  const { deviceDays, searched, refilled, requested, requests, unserved } = seen;
  const measured = (column: Uint8Array): Uint8Array =>
    column.filter((_value, cell) => cell % DAYS >= MEASURED_FROM);
  const [asked, looked] = [measured(seen.requestHour), measured(seen.searchHour)];
  const visible = asked.reduce((sum, hour) => sum + (hour === NONE ? 0 : 1), 0);
  const linkedOf = linkedSearches(seen, accounts, random);
  const of = (linked: number): readonly [number, number] => {
    const sizes = linkedOf.map((all) => candidatesOf(seen, accounts, all.slice(0, linked)) / accounts);
    return [quantile(sizes, 0.5), quantile(sizes, 0.05)];
  };
  return {
    requests: (requests / deviceDays) * 28,
    visibleDays: (visible / deviceDays) * 28,
    bits: mutualInformation(asked, looked, random),
    lastRequest: lastIsSame(requested, searched),
    lastRefill: lastIsSame(refilled, searched),
    candidates: { 1: of(1), 7: of(7), 14: of(14) },
    unserved: unserved / (unserved + searched.length),
    requestsADay: requests / deviceDays,
    refillsADay: refilled.length / deviceDays,
    searchesADay: searched.length / deviceDays,
  };
}

/** A search that is linked to others of its person: when it was, and the epoch of its token. */
interface LinkedSearch {
  readonly time: number;
  readonly epoch: number;
}

/** For some people who searched on 14 days or more: the first searches of 14 of these days, in random order. */
function linkedSearches(
  { firstSearch, firstEpoch }: Seen,
  accounts: number,
  random: Randomness,
): LinkedSearch[][] {
  const people = Array.from({ length: accounts }, (_, account) => account);
  random.shuffle(people);
  const found: LinkedSearch[][] = [];
  for (const account of people) {
    const days = Array.from({ length: DAYS }, (_, day) => account * DAYS + day).filter(
      (cell) => (firstSearch[cell] ?? 0) > 0,
    );
    if (days.length < 14) continue;
    random.shuffle(days);
    found.push(
      days.slice(0, 14).map((cell) => ({ time: firstSearch[cell] ?? 0, epoch: firstEpoch[cell] ?? 0 })),
    );
    if (found.length === TARGETS) break;
  }
  return found;
}

/**
 * How many accounts could have the tokens of these searches before their times. With vouchers every token counts as one of
 * its day: some are of the day before, which fits more accounts than are counted here.
 */
function candidatesOf({ since }: Seen, accounts: number, searches: readonly LinkedSearch[]): number {
  let count = 0;
  for (let account = 0; account < accounts; account++) {
    const fits = searches.every(
      ({ time, epoch }) => (since[account * DAYS + epoch - FIRST_EPOCH] ?? Infinity) < time,
    );
    if (fits) count++;
  }
  return Math.max(1, count);
}

/** How often the last event before a search belongs to the person who searches. */
function lastIsSame(events: Event[], searches: Event[]): number {
  const byTime = ([a]: Event, [b]: Event): number => a - b;
  events.sort(byTime);
  searches.sort(byTime);
  let [next, right] = [0, 0];
  for (const [time, account] of searches) {
    while ((events[next]?.[0] ?? Infinity) <= time) next++;
    if (events[next - 1]?.[1] === account) right++;
  }
  return events.length === 0 ? NaN : right / searches.length;
}
