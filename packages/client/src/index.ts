export { createClient, type Client } from './client.ts';
export type { ClientRequestInit } from './fetch.ts';
export { ClientError, ErrorCause, type Attempt, type ClientErrorCode } from './error.ts';
export { NotSentError } from './platform.ts';
export type { ClientOptions, ClientPlatform, Fetch, FetchInit, FetchResponse, Lock } from './platform.ts';
export type { RequestOptions, ServiceRequest, ServiceResponse } from './requests.ts';
export type { Art, SearchPage, Sticker } from '@sotto/sticker-search/types';
export type { SearchOptions } from './search.ts';
export { searchBox, type SearchBox, type SearchBoxOptions } from './search-box.ts';
export { memoryWallet } from './wallet/memory.ts';
export {
  emptyState,
  UnreadableWalletError,
  type PendingToken,
  type Schedule,
  type StoredBatch,
  type StoredToken,
  type WalletState,
} from './wallet/state.ts';
export { createWallet, type WalletSealer, type WalletStore, type Wallet } from './wallet/wallet.ts';
