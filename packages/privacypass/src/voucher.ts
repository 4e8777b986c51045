import { concat, Reader, uint, vector, type Bytes } from '@sotto/wire';

/** Media type of a voucher issuance (specs/bundle.md, "Vouchers"). */
export const VOUCHER_REQUEST = 'application/sotto-voucher-request';
/** Media type of the response to a voucher issuance. */
export const VOUCHER_RESPONSE = 'application/sotto-voucher-response';
/** Media type of a refill's content. */
export const PACK_REQUEST = 'application/sotto-pack-request';
/** Media type of the response to a refill. */
export const PACK_RESPONSE = 'application/sotto-pack-response';

/**
 * A request for the vouchers of consecutive epochs: one amortized batch for each.
 *
 *     struct { uint64 first_epoch; opaque request<0..2^16-1>[n]; } VoucherRequest;
 */
export interface VoucherRequest {
  readonly firstEpoch: number; // its index
  /** Encoded AmortizedBatchTokenRequests, one for each epoch from the first on. */
  readonly requests: readonly Bytes[];
}

/** @throws {WireError} `out-of-range` */
export function encodeVoucherRequest({ firstEpoch, requests }: VoucherRequest): Bytes {
  return concat(uint(8, firstEpoch), encodeVoucherResponse(requests));
}

/** Decodes the form; the batches stay encoded. @throws {WireError} `truncated`, `out-of-range` */
export function decodeVoucherRequest(bytes: Bytes): VoucherRequest {
  const r = new Reader(bytes);
  return { firstEpoch: r.uint(8, 'first_epoch'), requests: readVectors(r) };
}

/** `struct { opaque response<0..2^16-1>[n]; } VoucherResponse`, of amortized batch responses. @throws {WireError} `out-of-range` */
export function encodeVoucherResponse(responses: readonly Bytes[]): Bytes {
  return concat(...responses.map((response) => vector(2, response)));
}

/** @throws {WireError} `truncated` */
export function decodeVoucherResponse(bytes: Bytes): Bytes[] {
  return readVectors(new Reader(bytes));
}

/**
 * The content of a refill, or of its response: one encoded amortized batch for each entry of the pack, in its order.
 *
 *     struct { opaque batch<0..2^16-1>; } Batch;  struct { Batch batches<0..2^16-1>; } Pack;
 *
 * @throws {WireError} `out-of-range`
 */
export function encodePack(batches: readonly Bytes[]): Bytes {
  return vector(2, encodeVoucherResponse(batches));
}

/** @throws {WireError} `truncated`, `trailing` */
export function decodePack(bytes: Bytes): Bytes[] {
  const r = new Reader(bytes);
  const list = r.vector(2, 'batches');
  r.end('Pack');
  return readVectors(list);
}

function readVectors(r: Reader): Bytes[] {
  const list: Bytes[] = [];
  while (r.remaining > 0) list.push(r.vector(2, 'batch').rest());
  return list;
}
