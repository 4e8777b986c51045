export { decodeRequest, decodeResponse } from './decode.ts';
export {
  decodeRequestStream,
  decodeResponseStream,
  type RequestStream,
  type ResponseStream,
} from './stream.ts';
export { END_OF_CONTENT, messageParts, type PartLimits } from './parts.ts';
export { encodeRequest, encodeResponse, type EncodeOptions } from './encode.ts';
export { BhttpError } from './error.ts';
export {
  MAX_CONTROL_DATA,
  MAX_FIELD_SECTION,
  MAX_FIELDS,
  MAX_INFORMATIONAL,
  type BhttpRequest,
  type BhttpResponse,
  type Field,
} from './message.ts';
