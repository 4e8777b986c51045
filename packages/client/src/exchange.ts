import type { BhttpResponse } from '@sotto/bhttp';
import {
  encapsulatedResponseLength,
  encapsulateRequest,
  MEDIA_TYPES,
  OHTTP_KEY_PROBLEM,
  type Hpke,
} from '@sotto/ohttp';
import { fromUtf8, type Bytes } from '@sotto/wire';
import { ClientError } from './error.ts';
import { ask, type Got } from './http.ts';
import { decodeInner } from './inner.ts';
import type { HeldBundle } from './keys.ts';
import type { Platform } from './platform.ts';

export interface ExchangeDeps extends Pick<Platform, 'fetch' | 'random' | 'deadline'> {
  readonly relay: string;
  readonly hpke: Hpke;
}

const HEADERS = { 'content-type': MEDIA_TYPES.request };
const MAX_PROBLEM = 4096; // bytes

/**
 * One envelope out, one answer back, under a context of its own (RFC 9458 §4). Sent to the relay once, and to nobody
 * else whatever happens (privacy L15).
 *
 * @param request - a padded Binary HTTP request
 * @param responseLength - bytes of every padded answer of this service; another length is refused
 * @throws {ClientError} `relay-unreachable`, `relay-failed`, `too-many-requests`, `keys-changed`, `answer-unreadable`
 */
export async function exchange(
  deps: ExchangeDeps,
  { bundle, config }: HeldBundle,
  request: Bytes,
  responseLength: number,
): Promise<BhttpResponse> {
  const { hpke, random, relay } = deps;
  const aead = hpke.aeads.find(({ id }) => id === bundle.suite.aeadId);
  if (aead === undefined) throw new ClientError('bundle-refused');
  const expected = encapsulatedResponseLength(aead, responseLength);
  const sealed = await encapsulateRequest(hpke, config, bundle.suite, request, random).catch(() => {
    throw new ClientError('bundle-refused');
  });
  const maxBytes = expected + MAX_PROBLEM; // a longer answer is told from none
  const sent = { headers: HEADERS, body: sealed.encapsulatedRequest, maxBytes };
  const answer = await ask(deps, `${relay}/ohttp`, sent).catch(() => {
    throw new ClientError('relay-unreachable');
  });
  if (answer.status !== 200) throw outerError(answer);
  if (answer.type !== MEDIA_TYPES.response) throw new ClientError('relay-failed');
  if (answer.body.length !== expected) throw new ClientError('answer-unreadable');
  const opened = await sealed.openResponse(answer.body).catch(() => {
    throw new ClientError('answer-unreadable');
  });
  return decodeInner(opened);
}

/** What came unsealed: said by the relay, or by a gateway that could not open the envelope. */
function outerError({ status, type, body }: Got): ClientError {
  if (status === 429) return new ClientError('too-many-requests');
  const aboutKeys =
    status >= 400 && status < 500 && type === 'application/problem+json' && isKeyProblem(body);
  return new ClientError(aboutKeys ? 'keys-changed' : 'relay-failed');
}

function isKeyProblem(body: Bytes): boolean {
  try {
    return (JSON.parse(fromUtf8(body)) as { type?: unknown } | null)?.type === OHTTP_KEY_PROBLEM;
  } catch {
    return false;
  }
}
