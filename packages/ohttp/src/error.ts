import { ProtocolError } from '@sotto/wire';

/** Why an encapsulated message, a key or a chunk is refused. */
export class OhttpError extends ProtocolError<
  | 'unknown-key-id'
  | 'unsupported-kem' // not implemented, or not the KEM of the key with that id
  | 'unsupported-suite' // KDF and AEAD are not implemented, or not offered with the key
  | 'no-suites' // a key configuration that offers none
  | 'bad-key' // a private or public key of the wrong length or value, or two that do not match
  | 'bad-nonce' // `random` returned a response_nonce of another length than max(Nn, Nk)
  | 'truncated' // shorter than header, enc and tag; chunked: the stream ends without a final chunk
  | 'open-failed' // enc or ciphertext is not authentic; chunked: also an empty chunk that is not final
  | 'chunk-too-large' // over the limit of plaintext in a chunk
  | 'too-many-chunks' // the nonce counter is at 2^53
> {}
