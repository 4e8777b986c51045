import { graceSeconds, type UnixSeconds } from '@sotto/wire';

/** The start of the last epoch whose quotas are over. */
export const lastQuotaEpoch = (now: UnixSeconds, epochSeconds: number): number =>
  now - epochSeconds - graceSeconds(epochSeconds);
