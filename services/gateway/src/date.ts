import type { UnixSeconds } from '@sotto/wire';

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']; // from 1970-01-01
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF_FIXDATE =
  /^[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT$/;

/** Clients floor their Date to a grid of this many seconds: an exact one shows a clock's skew. */
export const DATE_GRID = 600;

/** How far a client's clock may be off, in seconds. The window is no secret (RFC 9458 §6.5.1). */
export const DATE_SKEW = 300;

/** Whether a request of this Date is one of now: up to a grid and a skew old, up to a skew ahead. */
export function isInDateWindow(date: UnixSeconds, now: UnixSeconds): boolean {
  return date >= now - (DATE_GRID + DATE_SKEW) && date <= now + DATE_SKEW;
}

/** The last second in which a request of this Date is taken. */
export function lastAccepted(date: UnixSeconds): UnixSeconds {
  return date + DATE_GRID + DATE_SKEW;
}

/** Parses an IMF-fixdate (RFC 9110 §5.6.7); null for any other text, obsolete forms too. */
export function parseDate(text: string): UnixSeconds | null {
  const [, day, month = '', year, hour, minute, second] = IMF_FIXDATE.exec(text) ?? [];
  const at = Date.UTC(
    Number(year),
    MONTHS.indexOf(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const seconds = at / 1000;
  return seconds >= 0 && formatDate(seconds) === text ? seconds : null;
}

/** An IMF-fixdate (RFC 9110 §5.6.7), for years 1970 to 9999. */
export function formatDate(at: UnixSeconds): string {
  const days = Math.floor(at / 86_400);
  const { year, month, day } = civil(days);
  const [hour, minute, second] = [at / 3600, at / 60, at].map((n, i) =>
    two(Math.floor(n) % (i === 0 ? 24 : 60)),
  );
  return `${DAYS[days % 7]}, ${two(day)} ${MONTHS[month]} ${year} ${hour}:${minute}:${second} GMT`;
}

const two = (n: number): string => `${n}`.padStart(2, '0');

/** The Gregorian date of a day since 1970-01-01; months count from 0. Eras of 400 years begin in March. */
function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468; // since 0000-03-01
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted % 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = (fromMarch + 2) % 12;
  return { year: era * 400 + yearOfEra + (month < 2 ? 1 : 0), month, day };
}
