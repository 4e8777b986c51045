import type { SearchBoxOptions } from '@sotto/client/search-box';

/** The clock and the timers of the platform. */
export const TIMERS: Pick<SearchBoxOptions, 'now' | 'after'> = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
