import {
  base64url,
  fromBase64url,
  fromUtf8,
  ProtocolError,
  utf8,
  type Bytes,
  type UnixSeconds,
} from '@sotto/wire';
import { PrivacyPassError } from './error.ts';

/** The media type of an issuer directory (RFC 9578 §4). */
export const DIRECTORY = 'application/private-token-issuer-directory';
/** The path of an issuer directory on the issuer's origin (RFC 9578 §4). */
export const DIRECTORY_PATH = '/.well-known/private-token-issuer-directory';

/** A key of an issuer (RFC 9578 §4). `service` is our extension: the service that the key's tokens are for. */
export interface DirectoryKey {
  readonly tokenType: number;
  readonly tokenKey: Bytes; // encoded as its token type requires
  readonly notBefore?: UnixSeconds;
  readonly service?: string;
}

/** An issuer directory (RFC 9578 §4). */
export interface Directory {
  readonly issuerRequestUri: string;
  readonly tokenKeys: readonly DirectoryKey[]; // in order of preference
}

/** base64url with padding, in which RFC 9577 and RFC 9578 write keys and tokens. */
export function paddedBase64url(bytes: Bytes): string {
  const bare = base64url(bytes);
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=');
}

/** Encodes a directory as JSON. Equal directories have equal bytes: members are in a fixed order. */
export function encodeDirectory({ issuerRequestUri, tokenKeys }: Directory): Bytes {
  return utf8(
    JSON.stringify({
      'issuer-request-uri': issuerRequestUri,
      'token-keys': tokenKeys.map(({ tokenType, tokenKey, notBefore, service }) => ({
        'token-type': tokenType,
        'token-key': paddedBase64url(tokenKey),
        ...(notBefore === undefined ? {} : { 'not-before': notBefore }),
        ...(service === undefined ? {} : { service }),
      })),
    }),
  );
}

const MAX_KEYS = 1024; // far more than an issuer publishes

/**
 * Decodes a directory. Unknown members are ignored, and keys of unknown token types are kept.
 *
 * @throws {PrivacyPassError} `bad-directory`
 */
export function decodeDirectory(bytes: Bytes): Directory {
  try {
    const top = members(JSON.parse(fromUtf8(bytes)));
    const keys = top['token-keys'];
    if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw bad('token-keys');
    return {
      issuerRequestUri: text(top['issuer-request-uri'], 'issuer-request-uri'),
      tokenKeys: keys.map(key),
    };
  } catch (error) {
    if (error instanceof PrivacyPassError) throw error;
    if (error instanceof SyntaxError || error instanceof ProtocolError)
      throw bad('not valid JSON or base64url', error);
    throw error;
  }
}

function key(value: unknown): DirectoryKey {
  const entry = members(value);
  const notBefore = entry['not-before'];
  const service = entry['service'];
  return {
    tokenType: whole(entry['token-type'], 0xffff, 'token-type'),
    tokenKey: fromBase64url(text(entry['token-key'], 'token-key')),
    ...(notBefore === undefined
      ? {}
      : { notBefore: whole(notBefore, Number.MAX_SAFE_INTEGER, 'not-before') }),
    ...(service === undefined ? {} : { service: text(service, 'service') }),
  };
}

function bad(what: string, cause?: Error): PrivacyPassError {
  return new PrivacyPassError('bad-directory', `directory: ${what}`, cause === undefined ? {} : { cause });
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('not an object');
  return value as Record<string, unknown>;
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw bad(field);
  return value;
}

function whole(value: unknown, max: number, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max) throw bad(field);
  return value as number;
}
