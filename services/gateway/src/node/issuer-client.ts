import { collect, HttpError } from '@sotto/http';
import {
  decodeRefillResult,
  decodeResult,
  decodeSchedule,
  encodeRedemption,
  encodeRefillCall,
  RedemptionError,
  type IssuerApi,
} from '@sotto/redemption';
import type { Bytes } from '@sotto/wire';
import type { Fetch } from '../service/fetch-service.ts';

export interface IssuerDeps {
  readonly send: Fetch;
  /** Base URL of the issuer's private listener, without a trailing slash. */
  readonly url: string;
  /** The credential that the listener requires. */
  readonly credential: string;
  readonly deadline: (ms: number) => AbortSignal;
}

const CALL_MS = 5000;
const MAX_SCHEDULE = 1 << 20; // bytes of JSON
const MAX_RESULT = 1024; // bytes of JSON
const MAX_REFILL = 2 << 20; // bytes of JSON: a pack as long as a length class may be

/** The issuer where there is no service binding: the calls of its private listener, each made once. */
export function issuerClient(deps: IssuerDeps): IssuerApi {
  return {
    redeem: async (redemption) =>
      call(deps, '/redeem', { maxBytes: MAX_RESULT, body: encodeRedemption(redemption) }, decodeResult),
    refill: async (refill) =>
      call(deps, '/refill', { maxBytes: MAX_REFILL, body: encodeRefillCall(refill) }, decodeRefillResult),
    schedule: async (known) =>
      call(deps, `/schedule?known=${known}`, { maxBytes: MAX_SCHEDULE }, decodeSchedule),
  };
}

async function call<T>(
  { send, url, credential, deadline }: IssuerDeps,
  path: string,
  { maxBytes, body }: { readonly maxBytes: number; readonly body?: Bytes },
  decode: (body: Bytes) => T,
): Promise<T> {
  const signal = deadline(CALL_MS);
  const response = await send(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
    signal,
  });
  if (response.status !== 200 || response.body === null) {
    response.body?.cancel().catch(() => {});
    throw new HttpError('bad-gateway');
  }
  try {
    return decode(await collect(response.body, maxBytes, signal));
  } catch (error) {
    if (!(error instanceof RedemptionError)) throw error;
    throw new HttpError('bad-gateway', { cause: error });
  }
}
