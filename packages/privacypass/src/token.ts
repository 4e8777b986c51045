import { sha256 } from '@noble/hashes/sha2.js';
import { concat, Reader, uint, type Bytes } from '@sotto/wire';
import { tokenType } from './token-type.ts';

/**
 * A token (RFC 9577 §2.2).
 *
 *     struct { uint16 token_type; uint8 nonce[32]; uint8 challenge_digest[32];
 *              uint8 token_key_id[Nid]; uint8 authenticator[Nk]; }
 *
 * It has 146 bytes for type 0x0001, 162 for 0x0005, 354 for 0x0002.
 */
export interface Token {
  readonly tokenType: number;
  readonly nonce: Bytes; // 32 bytes
  readonly challengeDigest: Bytes; // 32 bytes
  readonly tokenKeyId: Bytes; // 32 bytes
  readonly authenticator: Bytes; // Nk bytes
}

/** The 98 bytes that the authenticator covers (RFC 9577 §2.2). */
export function tokenAuthenticatorInput(token: Omit<Token, 'authenticator'>): Bytes {
  return concat(uint(2, token.tokenType), token.nonce, token.challengeDigest, token.tokenKeyId);
}

/** Encodes a token. */
export function encodeToken(token: Token): Bytes {
  return concat(tokenAuthenticatorInput(token), token.authenticator);
}

/** Decodes a token. @throws {PrivacyPassError} `unknown-token-type` @throws {WireError} `truncated`, `trailing` */
export function decodeToken(bytes: Bytes): Token {
  const r = new Reader(bytes);
  const { value, Nk } = tokenType(r.uint(2, 'token_type'));
  const token = {
    tokenType: value,
    nonce: r.opaque(32, 'nonce'),
    challengeDigest: r.opaque(32, 'challenge_digest'),
    tokenKeyId: r.opaque(32, 'token_key_id'),
    authenticator: r.opaque(Nk, 'authenticator'),
  };
  r.end('Token');
  return token;
}

/** token_key_id: the SHA-256 of the encoded public key, 32 bytes (RFC 9578 §5.5, §6.5). */
export function tokenKeyId(publicKey: Bytes): Bytes {
  return sha256(publicKey);
}

/** truncated_token_key_id: the last byte of token_key_id. A request says nothing else about its key. */
export function truncatedTokenKeyId(publicKey: Bytes): number {
  return tokenKeyId(publicKey)[31] ?? 0;
}
