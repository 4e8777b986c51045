import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { concat, utf8, type Bytes } from '@sotto/wire';
import { OhttpError } from '../error.ts';
import { KEM, type Kem, type KemPrivateKey, type MaybePromise } from '../hpke.ts';
import { agree, type X25519, type X25519Key } from './x25519.ts';

const LABEL = utf8('\\.//^\\'); // draft-connolly-cfrg-xwing-kem §5.3
const SEED = 32; // bytes of a private key
const PK_M = 1184; // bytes of an ML-KEM-768 public key (FIPS 203)
const CT_M = 1088; // bytes of its ciphertext
const X = 32; // bytes of an X25519 key

/** ML-KEM-768 (FIPS 203) in a runtime's implementation. */
export interface MlKem768 {
  /** @param seed - d and z, 64 bytes (FIPS 203 §7.1) */
  load(seed: Bytes): MaybePromise<MlKem768Key>;
  /** @param m - 32 fresh random bytes */
  encapsulate(publicKey: Bytes, m: Bytes): MaybePromise<{ sharedSecret: Bytes; cipherText: Bytes }>;
}

interface MlKem768Key {
  readonly publicKey: Bytes; // 1184 bytes
  decapsulate(cipherText: Bytes): MaybePromise<Bytes>;
}

interface XWingKey extends KemPrivateKey {
  readonly m: MlKem768Key;
  readonly x: X25519Key;
}

/** X-Wing, also called MLKEM768-X25519 (draft-connolly-cfrg-xwing-kem §5), from a runtime's X25519 and ML-KEM. */
export function xWing(x25519: X25519, mlKem: MlKem768): Kem {
  const load = async (privateKey: Bytes): Promise<XWingKey> => {
    if (privateKey.length !== SEED) throw new OhttpError('bad-key', `private key is not ${SEED} bytes`);
    const expanded = shake256(privateKey, { dkLen: 96 });
    const m = await mlKem.load(expanded.slice(0, 64));
    const x = await x25519.load(expanded.slice(64));
    expanded.fill(0);
    return { publicKey: concat(m.publicKey, x.publicKey), m, x };
  };
  return {
    id: KEM.X_WING,
    Nsecret: 32,
    Nenc: CT_M + X,
    Npk: PK_M + X,
    Nsk: SEED,
    async generate(random) {
      const privateKey = random(SEED);
      const { publicKey } = await load(privateKey);
      return { privateKey, publicKey };
    },
    load,
    async encap(publicKey, random) {
      if (publicKey.length !== PK_M + X)
        throw new OhttpError('bad-key', `public key is not ${PK_M + X} bytes`);
      const eseed = random(64); // bytes: m, then the ephemeral X25519 key (§5.4.1)
      const pkX = publicKey.subarray(PK_M);
      const ephemeral = await x25519.loadOnce(eseed.slice(32));
      const ssX = await agree(ephemeral, pkX, 'bad-key');
      const m = await encapsulate(mlKem, publicKey.subarray(0, PK_M), eseed.slice(0, 32));
      const ctX = ephemeral.publicKey;
      return { sharedSecret: combine(m.sharedSecret, ssX, ctX, pkX), enc: concat(m.cipherText, ctX) };
    },
    async decap(enc, key) {
      const { m, x } = key as XWingKey;
      const ctX = enc.subarray(CT_M);
      const ssX = await agree(x, ctX, 'open-failed');
      const ssM = await m.decapsulate(enc.subarray(0, CT_M)); // never fails: rejection is implicit (FIPS 203 §6.3)
      return combine(ssM, ssX, ctX, x.publicKey);
    },
  };
}

async function encapsulate(
  mlKem: MlKem768,
  publicKey: Bytes,
  m: Bytes,
): Promise<{ sharedSecret: Bytes; cipherText: Bytes }> {
  try {
    return await mlKem.encapsulate(publicKey, m);
  } catch (error) {
    throw new OhttpError('bad-key', 'ML-KEM refused the public key', { cause: error });
  }
}

/** Combiner (§5.3). */
function combine(ssM: Bytes, ssX: Bytes, ctX: Bytes, pkX: Bytes): Bytes {
  return sha3_256(concat(ssM, ssX, ctX, pkX, LABEL));
}
