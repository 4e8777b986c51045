import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import {
  Aes128Gcm,
  DhkemX25519HkdfSha256,
  HkdfSha256,
  type AeadInterface,
  type KemInterface,
} from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import type { Bytes, Random } from '@sotto/wire';
import { OhttpError } from './error.ts';
import {
  KDF,
  type Aead,
  type OutputBytes,
  type Hpke,
  type Kdf,
  type Kem,
  type KemPrivateKey,
  type Output,
} from './hpke.ts';
import { NOBLE_HKDF_SHA256 } from './parts/noble-parts.ts';
import { isHonestPoint } from './parts/x25519.ts';

const X = 32; // bytes of an X25519 key: all of a DHKEM key, the last part of an X-Wing key

interface CoreKey extends KemPrivateKey {
  readonly privateKey: CryptoKey;
}

/**
 * HPKE by hpke-js (`@hpke/core`), on the global `crypto.subtle`, for those who want that library under Oblivious HTTP:
 *
 *     npm install @hpke/core @hpke/chacha20poly1305 @hpke/hybridkem-x-wing
 *
 *     import { hpkeCoreHpke } from '@sotto/ohttp/hpke-core';
 *     createClient({ ...options, hpke: hpkeCoreHpke() });
 *
 * The three packages are optional peer dependencies, and only this entry imports them. It passes the same vectors as
 * the other implementations. One exchange takes two to five times their CPU time (specs/decisions/0017-own-sha256.md).
 */
export function hpkeCoreHpke(): Hpke {
  return {
    kems: [coreXWing(), coreX25519()],
    kdfs: [coreHkdfSha256()],
    aeads: [coreAead(new Aes128Gcm()), coreAead(new Chacha20Poly1305())],
  };
}

function coreX25519(): Kem {
  const kem = new DhkemX25519HkdfSha256();
  // The ephemeral key is passed as a pair, because @hpke/core would run bytes through DeriveKeyPair.
  const pair = async (privateKey: Bytes): Promise<CryptoKeyPair> => {
    const key = await kem.deserializePrivateKey(privateKey);
    const jwk = (await crypto.subtle.exportKey('jwk', key)) as JsonWebKey;
    const publicKey = await kem.importKey(
      'jwk',
      { kty: 'OKP', crv: 'X25519', x: jwk.x ?? '', key_ops: [] },
      true,
    );
    return { privateKey: key, publicKey };
  };
  return coreKem(kem, pair, (random) => pair(random(X)));
}

function coreXWing(): Kem {
  const kem = new XWing();
  const pair = (privateKey: Bytes): Promise<CryptoKeyPair> => kem.generateKeyPairDerand(privateKey);
  return coreKem(kem, pair, (random) => Promise.resolve(random(2 * X)));
}

function coreKem(
  kem: KemInterface,
  pair: (privateKey: Bytes) => Promise<CryptoKeyPair>,
  ephemeral: (random: Random) => Promise<CryptoKeyPair | Bytes>,
): Kem {
  const load = async (privateKey: Bytes): Promise<CoreKey> => {
    if (privateKey.length !== kem.privateKeySize) {
      throw new OhttpError('bad-key', `private key is not ${kem.privateKeySize} bytes`);
    }
    const keys = await pair(privateKey.slice());
    const publicKey = new Uint8Array(await kem.serializePublicKey(keys.publicKey));
    return { publicKey, privateKey: keys.privateKey };
  };
  return {
    id: kem.id,
    Nsecret: kem.secretSize,
    Nenc: kem.encSize,
    Npk: kem.publicKeySize,
    Nsk: kem.privateKeySize,
    load,
    async generate(random) {
      const privateKey = random(kem.privateKeySize);
      const { publicKey } = await load(privateKey);
      return { privateKey, publicKey };
    },
    encap: (publicKey, random) =>
      translateErrors('bad-key', publicKey, async () => {
        const recipientPublicKey = await kem.deserializePublicKey(publicKey);
        const ekm = await ephemeral(random);
        const { sharedSecret, enc } = await kem.encap({ recipientPublicKey, ekm });
        return { sharedSecret: new Uint8Array(sharedSecret), enc: new Uint8Array(enc) };
      }),
    decap: (enc, key) =>
      translateErrors('open-failed', enc, async () => {
        const recipientKey = (key as CoreKey).privateKey;
        return new Uint8Array(await kem.decap({ recipientKey, enc }));
      }),
  };
}

async function translateErrors<T>(
  code: 'bad-key' | 'open-failed',
  point: Bytes,
  work: () => Promise<T>,
): Promise<T> {
  if (!isHonestPoint(point.subarray(-X))) throw new OhttpError(code, 'not an X25519 public key');
  try {
    return await work();
  } catch (error) {
    throw new OhttpError(code, '@hpke/core rejected the key or the ciphertext', { cause: error });
  }
}

function coreHkdfSha256(): Kdf {
  const kdf = new HkdfSha256();
  const expand = async (prk: Bytes, info: Bytes, L: number): Promise<Bytes> =>
    new Uint8Array(await kdf.expand(prk, info, L));
  // @hpke/core accepts only a salt of Nh bytes. The salt of RFC 9458 §4.4 is longer.
  const extract = async (salt: Bytes, ikm: Bytes): Promise<Bytes> =>
    salt.length === 0 || salt.length === kdf.hashSize
      ? new Uint8Array(await kdf.extract(salt, ikm))
      : NOBLE_HKDF_SHA256.extract(salt, ikm);
  return {
    id: KDF.HKDF_SHA256,
    Nh: kdf.hashSize,
    extract,
    expand,
    async derive<T extends readonly Output[]>(salt: Bytes, ikm: Bytes, outputs: T) {
      const prk = await extract(salt, ikm);
      return (await Promise.all(outputs.map(({ info, L }) => expand(prk, info, L)))) as OutputBytes<T>;
    },
  };
}

function coreAead(aead: AeadInterface): Aead {
  return {
    id: aead.id,
    Nk: aead.keySize,
    Nn: aead.nonceSize,
    Nt: aead.tagSize,
    load(key) {
      const context = aead.createEncryptionContext(key);
      return {
        seal: async (nonce, aad, pt) => new Uint8Array(await context.seal(nonce, pt, aad)),
        async open(nonce, aad, ct) {
          try {
            return new Uint8Array(await context.open(nonce, ct, aad));
          } catch (error) {
            throw new OhttpError('open-failed', 'ciphertext is not authentic', { cause: error });
          }
        },
      };
    },
  };
}
