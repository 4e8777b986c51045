/** The lengths of a bare exchange, in bytes, which are those of ours. What is inside is as plain as it can be. */
export const HEADER = 7; // of an encapsulated request
export const POINT = 32; // an X25519 public key, a ristretto255 element or a scalar
export const ML_KEM = { name: 'ML-KEM-768', ciphertext: 1088 };
export const ENC = ML_KEM.ciphertext + POINT; // both encapsulated keys, one after the other
export const TAG = 16; // of AES-128-GCM
export const NONCE = 16; // before a sealed response
export const REQUEST = 1024; // inside the envelope
export const RESPONSE = 163_840;
export const TOKEN = 162; // its first 64 bytes are hashed to an element
export const UNIFORM = 64;
export const TOKENS = 30; // of a batch
export const PROOF = 64;
export const PREFIX = 2; // before a list of elements: its length
export const QUOTAS = 32; // objects

export const OHTTP = { request: 'message/ohttp-req', response: 'message/ohttp-res' };
export const GATEWAY_PATH = '/.well-known/ohttp-gateway';
export const NO_STORE = { 'cache-control': 'no-store' };
export const CORS = { 'access-control-allow-origin': '*' };

/** The issuer's key. It protects nothing: it is the same in every bare exchange, so that a test can check the products. */
export const SECRET_KEY = new Uint8Array(POINT).map((_, i) => (i < POINT - 1 ? i + 1 : 0));

/** The page of every search. */
export const pageOf = (length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(length).map((_, i) => (i * 7) % 251);

/** The quota object of an account, by its hash. */
export const quotaOf = (account: Uint8Array): number => (account[0] ?? 0) % QUOTAS;

/** One HKDF gives an envelope's key, its nonce and the secret of the response, which itself gives a key and a nonce. */
export const KEY = 16;
export const IV = 12;
export const SECRET = 16;

/** The bytes of some content at the place where its length is. */
export function contentAt(message: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  const length = new DataView(message.buffer, message.byteOffset).getUint32(at);
  return message.subarray(at + 4, at + 4 + length);
}

/** Writes content after its length. */
export function setContent(message: Uint8Array<ArrayBuffer>, at: number, content: Uint8Array): void {
  new DataView(message.buffer, message.byteOffset).setUint32(at, content.length);
  message.set(content, at + 4);
}
