export {
  REDEMPTION_OUTCOMES,
  type IssuerApi,
  type PublishedSchedule,
  type Redeemer,
  type Redemption,
  type RedemptionCall,
  type RedemptionOutcome,
  type RedemptionResult,
  type ScheduledEpoch,
} from './contract.ts';
export { RedemptionError } from './error.ts';
export {
  decodeRedemption,
  decodeResult,
  decodeSchedule,
  encodeRedemption,
  encodeResult,
  encodeSchedule,
} from './json.ts';
