/** A gateway that opens an envelope, redeems its token, calls the one service and seals what it answers. */
import * as layout from '../layout.ts';

interface Env {
  readonly X25519_KEY: JsonWebKey;
  /** In base64url. */
  readonly ML_KEM_SEED: string;
  readonly ISSUER: { redeem(call: RedeemCall): Promise<{ outcome: string; revision: number }> };
  readonly STICKERS: { fetch(url: string, init: RequestInit): Promise<Response> };
}

export interface RedeemCall {
  readonly service: string;
  readonly token: Uint8Array<ArrayBuffer>;
  readonly tag: Uint8Array<ArrayBuffer>;
  readonly envelope: Uint8Array<ArrayBuffer>;
  readonly idempotent: boolean;
  readonly knownRevision: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** What the types of Workers do not have yet. */
interface NewerSubtle {
  deriveBits(algorithm: object, key: CryptoKey, length: number): Promise<ArrayBuffer>;
  decapsulateBits(algorithm: string, key: CryptoKey, ciphertext: Bytes): Promise<ArrayBuffer>;
}

const subtle = crypto.subtle as Omit<SubtleCrypto, 'deriveBits'> & NewerSubtle;
const HEADERS = { 'content-type': layout.OHTTP.response, ...layout.NO_STORE };
const SENT = { 'accept-encoding': 'identity', 'content-type': 'application/json' };
const STATUS = { first: 200, spent: 409 } as Record<string, number>;

interface Keys {
  readonly x25519: CryptoKey;
  readonly mlKem: CryptoKey;
}

let loaded: Promise<Keys> | undefined;

async function load({ X25519_KEY, ML_KEM_SEED }: Env): Promise<Keys> {
  const seed = Uint8Array.from(atob(ML_KEM_SEED.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
    c.charCodeAt(0),
  );
  return {
    x25519: await subtle.importKey('jwk', X25519_KEY, 'X25519', false, ['deriveBits']),
    mlKem: await subtle.importKey('raw-seed', seed, layout.ML_KEM.name, false, ['decapsulateBits']),
  };
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    const enc = body.subarray(layout.HEADER, layout.HEADER + layout.ENC);
    const keys = await (loaded ??= load(env));
    const opened = await open(keys, enc, body.subarray(layout.HEADER + layout.ENC)).catch(() => null);
    if (opened === null) return new Response(null, { status: 400 });
    const { plain, secret } = opened;
    const { outcome } = await env.ISSUER.redeem({
      service: 'stickers',
      token: plain.slice(0, layout.TOKEN),
      tag: body.slice(-32),
      envelope: enc.slice(0, 32),
      idempotent: true,
      knownRevision: 1,
    });
    const answer = new Uint8Array(layout.RESPONSE);
    new DataView(answer.buffer).setUint32(0, STATUS[outcome] ?? 500);
    if (outcome === 'first') {
      const response = await env.STICKERS.fetch('https://stickers/v1/search', {
        method: 'POST',
        headers: SENT,
        redirect: 'manual',
        body: layout.contentAt(plain, layout.TOKEN),
      });
      layout.setContent(answer, 4, new Uint8Array(await response.arrayBuffer()));
    }
    return new Response(await seal(secret, enc, answer), { headers: HEADERS });
  },
};

async function open(
  { x25519, mlKem }: Keys,
  enc: Bytes,
  sealed: Bytes,
): Promise<{ plain: Bytes; secret: Bytes }> {
  const theirs = await subtle.importKey('raw', enc.subarray(layout.ML_KEM.ciphertext), 'X25519', false, []);
  const agreed = await subtle.deriveBits({ name: 'X25519', public: theirs }, x25519, 256);
  const ciphertext = enc.subarray(0, layout.ML_KEM.ciphertext);
  const decapsulated = await subtle.decapsulateBits(layout.ML_KEM.name, mlKem, ciphertext);
  const shared = new Uint8Array(64);
  shared.set(new Uint8Array(decapsulated));
  shared.set(new Uint8Array(agreed), 32);
  const derived = await hkdf(shared, enc, layout.KEY + layout.IV + layout.SECRET);
  const { aes, iv } = await aesOf(derived, 'decrypt');
  const plain = await subtle.decrypt({ name: 'AES-GCM', iv }, aes, sealed);
  return { plain: new Uint8Array(plain), secret: derived.subarray(layout.KEY + layout.IV) };
}

async function seal(secret: Bytes, enc: Bytes, plain: Bytes): Promise<Bytes> {
  const nonce = crypto.getRandomValues(new Uint8Array(layout.NONCE));
  const salt = new Uint8Array(layout.ENC + layout.NONCE);
  salt.set(enc);
  salt.set(nonce, layout.ENC);
  const { aes, iv } = await aesOf(await hkdf(secret, salt, layout.KEY + layout.IV), 'encrypt');
  const sealed = new Uint8Array(layout.NONCE + plain.length + layout.TAG);
  sealed.set(nonce);
  sealed.set(new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, aes, plain)), layout.NONCE);
  return sealed;
}

async function hkdf(secret: ArrayBuffer | Bytes, salt: Bytes, length: number): Promise<Bytes> {
  const key = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const options = { name: 'HKDF', hash: 'SHA-256', salt, info: new Uint8Array(0) };
  return new Uint8Array(await subtle.deriveBits(options, key, length * 8));
}

async function aesOf(
  derived: Bytes,
  usage: 'encrypt' | 'decrypt',
): Promise<{ readonly aes: CryptoKey; readonly iv: Bytes }> {
  const aes = await subtle.importKey('raw', derived.subarray(0, layout.KEY), 'AES-GCM', false, [usage]);
  return { aes, iv: derived.subarray(layout.KEY, layout.KEY + layout.IV) };
}
