import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { concat, utf8, type Bytes } from '@sotto/wire';

/** A gateway in a typical use of hpke: X25519, HKDF-SHA256, AES-128-GCM. */
const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);
const { subtle } = crypto;
const RESPONSE = utf8('message/bhttp response');
const KEY = utf8('key');
const AEAD_NONCE = utf8('nonce');
const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const NONCE = 16; // bytes: max(Nn, Nk)

async function hmac(rawKey: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<Bytes> {
  const key = await subtle.importKey('raw', rawKey, HMAC, false, ['sign']);
  return new Uint8Array(await subtle.sign(HMAC, key, data));
}

/** hpke exports no HKDF: extract is one HMAC, and so is each expand of one block (RFC 5869). */
async function sealResponse(secret: Bytes, enc: Bytes, nonce: Bytes, response: Bytes): Promise<Bytes> {
  const prk = await hmac(concat(enc, nonce), secret);
  const rawKey = (await hmac(prk, concat(KEY, Uint8Array.of(1)))).subarray(0, 16);
  const iv = (await hmac(prk, concat(AEAD_NONCE, Uint8Array.of(1)))).subarray(0, 12);
  const key = await subtle.importKey('raw', rawKey, 'AES-GCM', false, ['encrypt']);
  return concat(nonce, new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, key, response)));
}

/** Opens an envelope, passes its content on, and seals the response. */
export async function hpkeGateway(privateKey: Bytes, publicKey: Bytes) {
  const pair = {
    privateKey: await suite.DeserializePrivateKey(privateKey, false),
    publicKey: await suite.DeserializePublicKey(publicKey),
  };
  return async (envelope: Bytes, answer: (request: Bytes) => Bytes, nonce: Bytes): Promise<Bytes> => {
    const enc = envelope.subarray(7, 39);
    const info = concat(utf8('message/bhttp request'), Uint8Array.of(0), envelope.subarray(0, 7));
    const context = await suite.SetupRecipient(pair, enc, { info });
    const request = new Uint8Array(await context.Open(envelope.subarray(39)));
    const secret = new Uint8Array(await context.Export(RESPONSE, NONCE));
    return sealResponse(secret, enc, nonce, answer(request));
  };
}
