import { concat, EMPTY, equalBytes, fromHex, uint, utf8, type Bytes } from '@sotto/wire';
import { OhttpError } from '../error.ts';
import { KEM, type Kdf, type Kem, type KemPrivateKey, type MaybePromise } from '../hpke.ts';
import { labeledIkm, labeledInfo } from '../labeled.ts';

const SIZE = 32; // bytes of a public key, of a private key and of a shared secret

/** X25519 (RFC 7748 §5, §6.1) in a runtime's implementation. */
export interface X25519 {
  /** Loads a private key for many uses: not extractable where the platform supports that. */
  load(privateKey: Bytes): MaybePromise<X25519Key>;
  /** Loads an ephemeral private key for one use, as fast as possible. */
  loadOnce(privateKey: Bytes): MaybePromise<X25519Key>;
}

export interface X25519Key extends KemPrivateKey {
  /**
   * The shared secret with a public key. Throws any error when it is zero.
   *
   * @param again - whether the same public key is likely to be used again
   */
  agree(publicKey: Bytes, again: boolean): MaybePromise<Bytes>;
}

/**
 * Imported public keys that are used again, each for as long as its array exists with the same bytes. It keeps keys
 * and no promises, because in Workers a promise belongs to the request that made it.
 */
export class ImportedKeys<T> {
  readonly #known = new WeakMap<Bytes, { readonly bytes: Bytes; readonly imported: T }>();

  find(publicKey: Bytes): T | undefined {
    const known = this.#known.get(publicKey);
    return known !== undefined && equalBytes(known.bytes, publicKey) ? known.imported : undefined;
  }

  keep(publicKey: Bytes, imported: T): T {
    this.#known.set(publicKey, { bytes: publicKey.slice(), imported });
    return imported;
  }
}

/** The u-coordinates of low order below p: a clamped scalar times one is zero. Those above p are refused anyway. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map(fromHex);

/**
 * Whether a u-coordinate is below p and not of low order. Honest parties send no other, and each key must have one
 * encoding: RFC 7748 accepts 2^255 - 19 + 9 for 9.
 */
export function isHonestPoint(publicKey: Bytes): boolean {
  if (publicKey.length !== SIZE) return false;
  const top = publicKey[SIZE - 1] ?? 0;
  if (top > 0x7f) return false;
  const belowP = top < 0x7f || publicKey.subarray(1, SIZE - 1).some((byte) => byte !== 0xff);
  return (belowP || (publicKey[0] ?? 0) < 0xed) && !LOW_ORDER.some((point) => equalBytes(point, publicKey));
}

/**
 * The shared secret with a peer's public key, which is checked first.
 *
 * @param code - the error for an invalid key: `bad-key` for a recipient's key, which is used again
 */
export async function agree(
  key: X25519Key,
  publicKey: Bytes,
  code: 'open-failed' | 'bad-key',
): Promise<Bytes> {
  if (!isHonestPoint(publicKey)) throw new OhttpError(code, 'not a public key of X25519');
  try {
    return await key.agree(publicKey, code === 'bad-key');
  } catch (error) {
    throw new OhttpError(code, 'X25519 refused the public key', { cause: error });
  }
}

const SUITE_ID = concat(utf8('KEM'), uint(2, KEM.X25519));
const EAE_PRK = labeledIkm(SUITE_ID, utf8('eae_prk'), EMPTY); // before dh
const SHARED_SECRET = labeledInfo(SUITE_ID, utf8('shared_secret'), EMPTY, SIZE); // before kem_context

/** DHKEM(X25519, HKDF-SHA256) (RFC 9180 §4.1, §7.1). */
export function dhkemX25519(x25519: X25519, kdf: Kdf): Kem {
  const extractAndExpand = (dh: Bytes, enc: Bytes, publicKey: Bytes) =>
    kdf.derive(EMPTY, concat(EAE_PRK, dh), [
      { info: concat(SHARED_SECRET, enc, publicKey), L: SIZE },
    ] as const);
  return {
    id: KEM.X25519,
    Nsecret: SIZE,
    Nenc: SIZE,
    Npk: SIZE,
    Nsk: SIZE,
    async generate(random) {
      const privateKey = random(SIZE);
      const { publicKey } = await x25519.load(privateKey);
      return { privateKey, publicKey };
    },
    load(privateKey) {
      if (privateKey.length !== SIZE) throw new OhttpError('bad-key', `private key is not ${SIZE} bytes`);
      return x25519.load(privateKey);
    },
    async encap(publicKey, random) {
      const ephemeral = await x25519.loadOnce(random(SIZE));
      const dh = await agree(ephemeral, publicKey, 'bad-key');
      const enc = ephemeral.publicKey;
      const [sharedSecret] = await extractAndExpand(dh, enc, publicKey);
      return { sharedSecret, enc };
    },
    async decap(enc, key) {
      const dh = await agree(key as X25519Key, enc, 'open-failed');
      const [sharedSecret] = await extractAndExpand(dh, enc, key.publicKey);
      return sharedSecret;
    },
  };
}
