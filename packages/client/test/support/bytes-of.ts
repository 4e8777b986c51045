import type { Bytes } from '@sotto/wire';
import type { FetchInit } from '../../src/index.ts';

/** The body of a request that was sent whole. */
export function bytesOf({ body = new Uint8Array(0) }: FetchInit): Bytes {
  if (body instanceof Uint8Array) return body;
  throw new Error('the body is a stream');
}
