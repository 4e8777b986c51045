import type { Bytes } from '@sotto/wire';
import type { Field } from '@sotto/bhttp';

/** A request to a service, without anything about the client or its token. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string; // with its query
  readonly contentType: string | null;
  /** Further fields, which the row of the service admits by name. */
  readonly fields: readonly Field[];
  /** A stream fails when the request does. The `deadline` of the call has aborted before. */
  readonly content: ReadableStream<Uint8Array> | Bytes;
  /** Headers of the outer request, as they came: for the metadata route alone. */
  readonly outer: Headers;
}

/** The response of a service. Its `content` has not been read. */
export interface ServiceResponse {
  readonly status: number; // 200 to 599
  readonly fields: readonly Field[];
  readonly content: ReadableStream<Uint8Array> | Bytes;
  /** The length of content that is a stream, in bytes, if the service declares it. */
  readonly declaredLength?: number | undefined;
}

/**
 * One service behind the gateway.
 *
 * `call` throws if there is no response: an InnerError, or anything else for a fault of the service. It is
 * called at most once per exchange, because a POST without a response may have been carried out.
 */
export interface Service {
  call(request: ServiceRequest, deadline: AbortSignal): Promise<ServiceResponse>;
}
