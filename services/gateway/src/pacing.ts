export interface Pacing {
  /** Responses leave at multiples of this many milliseconds after their request; 0 without rounding. */
  readonly gridMs: number;
  /** Milliseconds since some moment, by a timer that cannot be set. */
  readonly elapsedMs: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Waits until the next multiple of the grid after a request arrived, so that the time of a response tells less. */
export async function untilGrid({ gridMs, elapsedMs, sleep }: Pacing, arrivedMs: number): Promise<void> {
  if (gridMs === 0) return;
  const passed = elapsedMs() - arrivedMs;
  await sleep(Math.ceil((passed + 1) / gridMs) * gridMs - passed);
}
