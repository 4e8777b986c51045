export { MAX_CHUNK, MAX_RECEIVED_CHUNK, sealedChunkLength, sealedChunksLength } from './chunk.ts';
export {
  decapsulateChunkedRequest,
  encapsulateChunkedRequest,
  chunkedResponseLength,
  type ChunkedDecapsulation,
  type ChunkedEncapsulation,
} from './chunked.ts';
export { OhttpError } from './error.ts';
export { FLUSH_RESERVE, flushedChunks, MAX_FLUSHED_PIECE, type Fits, type Flushing } from './flushed.ts';
export { loadGatewayKey, type GatewayKey } from './gateway-key.ts';
export {
  AEAD,
  KDF,
  KEM,
  type Aead,
  type AeadKey,
  type Hpke,
  type Kdf,
  type Kem,
  type KemPrivateKey,
  type MaybePromise,
} from './hpke.ts';
export {
  decodeKeyConfig,
  decodeKeyConfigs,
  encodeKeyConfig,
  encodeKeyConfigs,
  type KeyConfig,
  type SuiteIds,
} from './key-config.ts';
export { MEDIA_TYPES, OHTTP_KEY_PROBLEM } from './media.ts';
export {
  decapsulateRequest,
  encapsulatedRequestLength,
  encapsulatedResponseLength,
  encapsulateRequest,
  type DecapsulatedExchange,
  type EncapsulatedExchange,
} from './request.ts';
export type { Pull } from './pull.ts';
