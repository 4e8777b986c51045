import type { UnixSeconds } from '@sotto/wire';

/** Clients round their Date down to a multiple of this many seconds, because an exact one shows the clock's skew. */
export const DATE_GRID = 600;

/** How far a client's clock may be wrong, in seconds. The window is not secret (RFC 9458 §6.5.1). */
export const DATE_SKEW = 300;

/** Whether a request with this Date is current: at most a grid and a skew old, at most a skew ahead. */
export function isInDateWindow(date: UnixSeconds, now: UnixSeconds): boolean {
  return date >= now - (DATE_GRID + DATE_SKEW) && date <= now + DATE_SKEW;
}

/** The last second in which a request with this Date is accepted. */
export function lastAccepted(date: UnixSeconds): UnixSeconds {
  return date + DATE_GRID + DATE_SKEW;
}

const IMF_FIXDATE_LENGTH = 29; // characters

/** Parses an IMF-fixdate (RFC 9110 §5.6.7) of 1970 or later; null for any other text, obsolete forms included. */
export function parseDate(text: string): UnixSeconds | null {
  const seconds = text.length === IMF_FIXDATE_LENGTH ? Date.parse(text) / 1000 : -1;
  // The platform accepts many forms. Only an IMF-fixdate is printed again as it was.
  return seconds >= 0 && formatDate(seconds) === text ? seconds : null;
}

/** An IMF-fixdate (RFC 9110 §5.6.7), for the years 1970 to 9999: `toUTCString` has this form (ECMA-262 §21.4.4.43). */
export function formatDate(at: UnixSeconds): string {
  return new Date(at * 1000).toUTCString();
}
