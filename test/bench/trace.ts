const TASK = 'ThreadControllerImpl::RunTask';

/** What is read of an event in a trace of Chromium. Times are microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** On the clock. */
  readonly dur?: number;
  /** While the thread ran. */
  readonly tdur?: number;
}

/**
 * The longest task of the main thread in each piece of work between the marks "NAME begins" and "NAME ends": the time in
 * which the thread ran. On the clock, a task that waits for the processor behind other threads would look long.
 */
export function longestTasks(events: readonly TraceEvent[], name: string): number[] {
  const marks = (what: string) =>
    events.filter((event) => event.name === `${name} ${what}`).toSorted((a, b) => a.ts - b.ts);
  const [begins, ends] = [marks('begins'), marks('ends')];
  if (begins.length === 0 || begins.length !== ends.length)
    throw new Error(`bench: the trace has ${begins.length} begins and ${ends.length} ends of ${name}`);
  return begins.map(({ pid, tid, ts: begin }, i) => {
    const end = ends[i]?.ts ?? begin;
    const tasks = events.filter(
      (event) =>
        event.name === TASK &&
        event.pid === pid &&
        event.tid === tid &&
        event.ts <= end &&
        event.ts + (event.dur ?? 0) >= begin,
    );
    if (tasks.length === 0) throw new Error(`bench: the trace has no task of ${name}`);
    return Math.max(...tasks.map(({ tdur = 0 }) => tdur));
  });
}
