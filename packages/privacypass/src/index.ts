export {
  challengeDigest,
  decodeTokenChallenge,
  encodeTokenChallenge,
  serviceChallenge,
  type TokenChallenge,
} from './challenge.ts';
export { createTokenRequests, type PendingTokens } from './client.ts';
export {
  decodeDirectory,
  DIRECTORY,
  DIRECTORY_PATH,
  encodeDirectory,
  type Directory,
  type DirectoryKey,
} from './directory.ts';
export { PrivacyPassError } from './error.ts';
export {
  formatAuthorization,
  formatChallenge,
  parseAuthorization,
  parseChallenges,
  type HeaderChallenge,
} from './header.ts';
export { issueAmortized, issueSingle, namesKey, verifyToken } from './issuer.ts';
export {
  AMORTIZED_REQUEST,
  AMORTIZED_RESPONSE,
  decodeAmortizedBatchTokenRequest,
  decodeGenericBatchTokenRequest,
  decodeTokenRequest,
  encodeAmortizedBatchTokenRequest,
  encodeGenericBatchTokenRequest,
  encodeTokenRequest,
  GENERIC_REQUEST,
  GENERIC_RESPONSE,
  TOKEN_REQUEST,
  TOKEN_RESPONSE,
  type AmortizedBatchTokenRequest,
  type TokenRequest,
} from './request.ts';
export {
  decodeAmortizedBatchTokenResponse,
  decodeGenericBatchTokenResponse,
  decodeTokenResponse,
  encodeAmortizedBatchTokenResponse,
  encodeGenericBatchTokenResponse,
  encodeTokenResponse,
  type AmortizedBatchTokenResponse,
  type GenericTokenResponse,
  type TokenResponse,
} from './response.ts';
export {
  decodeToken,
  encodeToken,
  tokenAuthenticatorInput,
  tokenKeyId,
  truncatedTokenKeyId,
  type Token,
} from './token.ts';
export { BLIND_RSA, TOKEN_TYPES, VOPRF_P384, VOPRF_RISTRETTO255, type TokenType } from './token-type.ts';
export {
  decodePack,
  decodeVoucherRequest,
  decodeVoucherResponse,
  encodePack,
  encodeVoucherRequest,
  encodeVoucherResponse,
  PACK_REQUEST,
  PACK_RESPONSE,
  VOUCHER_REQUEST,
  VOUCHER_RESPONSE,
  type VoucherRequest,
} from './voucher.ts';
