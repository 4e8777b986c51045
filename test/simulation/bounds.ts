import type { Surface } from './people.ts';
import type { Findings } from './model.ts';
import type { Scheme } from './schemes.ts';

/** The required result of a scheme: a bound, or for a leaky build how much the simulation has to detect. */
interface Bound {
  readonly scheme: Scheme;
  readonly surface: Surface;
  readonly what: string;
  readonly value: (findings: Findings) => number;
  readonly least?: number;
  readonly most?: number;
}

const bits = ({ bits: value }: Findings): number => value;

/** The bounds of vouchers, and the bounds which show that the simulation detects a leak. */
export const BOUNDS: readonly Bound[] = [
  { scheme: 'vouchers', surface: 'messenger', what: 'bits, a day of an account', value: bits, most: 0.05 },
  { scheme: 'vouchers', surface: 'page', what: 'bits, a day of an account', value: bits, most: 0.45 },
  {
    scheme: 'vouchers',
    surface: 'messenger',
    what: 'share of accounts that are candidates after 14 linked days',
    value: ({ candidates }) => candidates[14][0],
    least: 0.5,
  },
  {
    scheme: 'vouchers',
    surface: 'messenger',
    what: 'requests with the account in 28 days',
    value: ({ requests }) => requests,
    most: 4.2,
  },
  {
    scheme: 'direct',
    surface: 'messenger',
    what: 'requests with the account in 28 days',
    value: ({ requests }) => requests,
    least: 55,
  },
  { scheme: 'on demand', surface: 'messenger', what: 'bits: a leak that is seen', value: bits, least: 0.3 },
  {
    scheme: 'vouchers on demand',
    surface: 'messenger',
    what: 'bits: a leak that is seen',
    value: bits,
    least: 0.3,
  },
  {
    scheme: 'refills on demand',
    surface: 'messenger',
    what: 'share of searches right after a refill of the same device: a leak that is seen',
    value: ({ lastRefill }) => lastRefill,
    least: 0.1,
  },
];

/** Whether a finding keeps a bound. */
export const keeps = ({ value, least = -Infinity, most = Infinity }: Bound, findings: Findings): boolean =>
  value(findings) >= least && value(findings) <= most;
