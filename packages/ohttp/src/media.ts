/** RFC 9458 §9, draft-ietf-ohai-chunked-ohttp §8. */
export const MEDIA_TYPES = {
  request: 'message/ohttp-req',
  response: 'message/ohttp-res',
  chunkedRequest: 'message/ohttp-chunked-req',
  chunkedResponse: 'message/ohttp-chunked-res',
  keys: 'application/ohttp-keys',
} as const;
