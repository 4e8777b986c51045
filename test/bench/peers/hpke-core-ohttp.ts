import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { concat, utf8, type Bytes } from '@sotto/wire';

/** Oblivious HTTP in a typical use of @hpke/core: HKDF-SHA256, AES-128-GCM. */
const suiteOf = (kem: DhkemX25519HkdfSha256 | XWing) =>
  new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes128Gcm() });
const RESPONSE = utf8('message/bhttp response');
const NONCE = 16; // bytes: max(Nn, Nk)

const buffer = (bytes: Bytes): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
const infoOf = (hdr: Bytes): ArrayBuffer =>
  buffer(concat(utf8('message/bhttp request'), Uint8Array.of(0), hdr));

async function responseKey(secret: ArrayBuffer, enc: Bytes, nonce: Bytes) {
  const kdf = new HkdfSha256();
  kdf.init(utf8(''));
  // Its extract only takes a salt of Nh bytes. The salt of RFC 9458 is longer, so HMAC is used, as in
  // ohttp-js.
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const salt = await crypto.subtle.importKey('raw', concat(enc, nonce), hmac, false, ['sign']);
  const prk = await crypto.subtle.sign(hmac, salt, secret);
  const key = await kdf.expand(prk, buffer(utf8('key')), 16);
  const aeadNonce = await kdf.expand(prk, buffer(utf8('nonce')), 12);
  return { aead: new Aes128Gcm().createEncryptionContext(key), aeadNonce };
}

const KEMS = {
  x25519: { make: () => new DhkemX25519HkdfSha256(), Nenc: 32 }, // bytes
  xWing: { make: () => new XWing(), Nenc: 1120 },
} as const;

/** Opens an envelope, passes its content on, and seals the response. */
export async function coreGateway(privateKey: Bytes, kem: keyof typeof KEMS = 'x25519') {
  const { make, Nenc } = KEMS[kem];
  const suite = suiteOf(make());
  const content = 7 + Nenc;
  const recipientKey = await suite.kem.importKey('raw', buffer(privateKey), false);
  return async (
    envelope: Bytes,
    answer: (request: Bytes) => Bytes | Promise<Bytes>,
    nonce: Bytes,
  ): Promise<Bytes> => {
    const enc = envelope.subarray(7, content);
    const info = infoOf(envelope.subarray(0, 7));
    const context = await suite.createRecipientContext({ recipientKey, enc: buffer(enc), info });
    const request = new Uint8Array(await context.open(buffer(envelope.subarray(content))));
    const secret = await context.export(buffer(RESPONSE), NONCE);
    const response = await answer(request);
    const { aead, aeadNonce } = await responseKey(secret, enc, nonce);
    return concat(nonce, new Uint8Array(await aead.seal(aeadNonce, buffer(response), new ArrayBuffer(0))));
  };
}

/**
 * Seals a request under a new ephemeral key, and opens a response. The response was stored, for a request
 * under a stored key, so that no gateway is timed with it.
 */
export async function coreClient(publicKey: Bytes, hdr: Bytes) {
  const suite = suiteOf(new DhkemX25519HkdfSha256());
  const recipientPublicKey = await suite.kem.importKey('raw', buffer(publicKey), true);
  const to = { recipientPublicKey, info: infoOf(hdr) };
  const kept = await suite.createSenderContext({ ...to, ekm: await suite.kem.generateKeyPair() });
  const keptEnc = new Uint8Array(kept.enc);
  const keptSecret = await kept.export(buffer(RESPONSE), NONCE);
  return {
    /** The request that the stored response belongs to. */
    envelope: async (request: Bytes): Promise<Bytes> =>
      concat(hdr, keptEnc, new Uint8Array(await kept.seal(buffer(request)))),
    exchange: async (request: Bytes, encapsulated: Bytes): Promise<Bytes> => {
      const context = await suite.createSenderContext(to);
      concat(hdr, new Uint8Array(context.enc), new Uint8Array(await context.seal(buffer(request))));
      await context.export(buffer(RESPONSE), NONCE);
      const { aead, aeadNonce } = await responseKey(keptSecret, keptEnc, encapsulated.subarray(0, NONCE));
      const sealed = buffer(encapsulated.subarray(NONCE));
      return new Uint8Array(await aead.open(aeadNonce, sealed, new ArrayBuffer(0)));
    },
  };
}
