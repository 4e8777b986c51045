import { ProtocolError } from '@sotto/wire';

/** Why an envelope, a key or a chunk is refused. */
export class OhttpError extends ProtocolError<
  | 'unknown-key-id'
  | 'unsupported-kem' // not ours, or not the KEM of the key with that id
  | 'unsupported-suite' // KDF and AEAD not ours, or not offered with the key
  | 'no-suites' // a key configuration that offers none
  | 'bad-key' // a private or public key of the wrong length or value, or two that do not match
  | 'bad-nonce' // the random source gave no response_nonce of max(Nn, Nk) bytes
  | 'truncated' // shorter than its own header; chunked: the stream ends without a final chunk
  | 'open-failed' // enc or ciphertext is not authentic; chunked: also an empty chunk that is not final
  | 'chunk-too-large' // over MAX_CHUNK bytes of plaintext
  | 'too-many-chunks' // the counter of nonces is used up
> {}
