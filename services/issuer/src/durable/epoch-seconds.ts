import { DAY } from '@sotto/wire';

/** The one variable that ledgers and quotas read. */
export interface EpochEnv {
  readonly EPOCH_SECONDS?: string;
}

/**
 * Read without the rest of the configuration, because ledgers and quotas must work even if another variable
 * is wrong.
 */
export function epochSecondsOf({ EPOCH_SECONDS }: EpochEnv): number {
  return Number(EPOCH_SECONDS ?? DAY);
}
