import type { LengthClass } from '@sotto/bundle';
import type { OpenedRequest, Route } from './exchange.ts';
import type { LiveKeys } from './keys/key-ring.ts';

export type Lengths = Pick<LengthClass, 'requestLength' | 'responseLength'>;

/**
 * Bytes of every response to this client, by the bundle whose key it used. So changed lengths of the table
 * take effect with the bundle that contains them. For an unknown service it is the length of the class whose
 * requests have this length.
 *
 * @param rows - the lengths of the table, for a bundle that is not stored
 */
export function responseLength(
  rows: readonly Lengths[],
  keys: LiveKeys,
  { keyId, kemId, request }: OpenedRequest,
  route: Route | undefined,
): number {
  const offered = keys.offered(keys.epochOf(keyId, kemId));
  const known = offered.find(({ name }) => name === route?.name) ?? route;
  if (known !== undefined) return known.responseLength;
  const requestLength = request instanceof Uint8Array ? request.length : 0;
  return lengthOfClass(offered.length > 0 ? offered : rows, requestLength);
}

/** The response length of a request's class; the longest of all if no class has requests of this length. */
export function lengthOfClass(lengths: readonly Lengths[], requestLength: number): number {
  const same = lengths.filter((one) => one.requestLength === requestLength);
  return Math.max(...(same.length > 0 ? same : lengths).map((one) => one.responseLength));
}
