/** Media types (RFC 9458 §9, draft-ietf-ohai-chunked-ohttp §8). */
export const MEDIA_TYPES = {
  request: 'message/ohttp-req',
  response: 'message/ohttp-res',
  chunkedRequest: 'message/ohttp-chunked-req',
  chunkedResponse: 'message/ohttp-chunked-res',
  keys: 'application/ohttp-keys',
} as const;

/** The problem type of a key that is unknown or cannot be used (RFC 9458 §5.3). */
export const OHTTP_KEY_PROBLEM = 'https://iana.org/assignments/http-problem-types#ohttp-key';
