import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from '@sotto/http';

/** Time, as an entry file hands it to a service on Node. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment, by a timer that cannot be set. */
  readonly elapsedMs: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** A signal that aborts after this many milliseconds, unless it is stopped before. */
  readonly deadline: (milliseconds: number) => Deadline;
  /**
   * Calls `work` now and then at the time that it returns (milliseconds since 1970), at the latest after `maxMs`: the
   * clock of the machine may be set. A failure counts as `maxMs`. Returns a function that stops the repetition.
   */
  readonly repeat: (work: () => Promise<number>, maxMs: number) => () => void;
}

/** The clock of the machine. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  elapsedMs: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
  deadline,
  repeat,
};

/** A timer holds the signal: Node 20 may collect that of `AbortSignal.timeout` while others still wait for it. */
function deadline(milliseconds: number): Deadline {
  const controller = new AbortController();
  const late = (): void => controller.abort(new DOMException('deadline', 'TimeoutError'));
  const timer = setTimeout(late, milliseconds).unref();
  return Object.assign(controller.signal, { stop: () => clearTimeout(timer) });
}

function repeat(work: () => Promise<number>, maxMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const run = async (): Promise<void> => {
    const due = await work().catch(() => Number.POSITIVE_INFINITY);
    if (isStopped) return;
    timer = setTimeout(() => void run(), Math.min(maxMs, Math.max(1, due - Date.now())));
    timer.unref();
  };
  void run();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
