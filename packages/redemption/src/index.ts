export {
  REDEMPTION_OUTCOMES,
  type IssuerApi,
  type PublishedSchedule,
  type Redeemer,
  type Redemption,
  type RedemptionOutcome,
  type ScheduledEpoch,
} from './contract.ts';
export { RedemptionError } from './error.ts';
export {
  decodeOutcome,
  decodeRedemption,
  decodeSchedule,
  encodeOutcome,
  encodeRedemption,
  encodeSchedule,
} from './json.ts';
