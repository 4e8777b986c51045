/** One piece of work that waits for its batch. */
interface Queued<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result | PromiseLike<Result>) => void;
  readonly reject: (error: unknown) => void;
}

/** How many items and batches there may be at once. */
export interface BatchOptions {
  /** Batches that may run at once. */
  readonly lanes: number;
  /** Items in a batch, at most. */
  readonly most: number;
}

/**
 * Group commit: items that arrive while batches are running go together into the next one, since a commit takes as long for
 * many rows as for one. A promise resolves only after the batch with its item has committed.
 *
 * @param run - resolves to one result for each item, in their order; a result may still be a promise
 */
export function batched<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | PromiseLike<Result>)[]>,
  { lanes, most }: BatchOptions,
): (item: Item) => Promise<Result> {
  const queue: Queued<Item, Result>[] = [];
  let running = 0;

  async function drain(): Promise<void> {
    running++;
    await Promise.resolve(); // items that are added in this turn of the event loop join the batch
    while (queue.length > 0) await runBatch(queue.splice(0, most));
    running--;
  }

  async function runBatch(batch: readonly Queued<Item, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item));
      for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (running < lanes) void drain();
    });
}
