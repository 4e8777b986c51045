export { concat, EMPTY, equalBytes, type Bytes, type Random, type UnixSeconds } from './bytes.ts';
export {
  acceptedUntil,
  DAY,
  destroyedAt,
  epochIndexAt,
  epochStartAt,
  graceSeconds,
  HORIZON,
  lastOfPeriod,
  monotonicClock,
  usableEpochs,
  voucherEpochs,
  voucherWindow,
  type EpochRange,
} from './epoch.ts';
export { ProtocolError, WireError } from './error.ts';
export { Reader, varintLength } from './reader.ts';
export { base64, base64url, fromBase64, fromBase64url, fromHex, fromUtf8, hex, utf8 } from './text.ts';
export { uint, varint, vector } from './writer.ts';
