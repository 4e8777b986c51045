import { sha3_256 } from '@noble/hashes/sha3.js';
import type * as Sha3 from '@noble/hashes/sha3.js';
import { KEM, type Hpke, type Kem, type KemPrivateKey } from '@sotto/ohttp';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { concat, hex, type Bytes } from '@sotto/wire';
import { NOBLE_ML_KEM_768, NOBLE_X25519 } from '../src/parts/noble-parts.ts';
import { xWing } from '../src/parts/x-wing.ts';
import { byId } from './support.ts';

/** X-Wing with an ML-KEM half made from a given seed, because no known X-Wing key expands to that seed. */
export type LoadSeed = (seed: Bytes) => Promise<{ readonly kem: Kem; readonly key: KemPrivateKey }>;

const PRIVATE_KEY: Bytes = new Uint8Array(32).fill(7);

export const byNoble: LoadSeed = async (seed) => {
  const kem = xWing(NOBLE_X25519, { ...NOBLE_ML_KEM_768, load: () => NOBLE_ML_KEM_768.load(seed) });
  return { kem, key: await kem.load(PRIVATE_KEY) };
};

/** Replaces the seed that our code passes to the runtime's ML-KEM. */
export const bySubtle: LoadSeed = async (seed) => {
  let handed = false;
  const subtle = new Proxy(crypto.subtle, {
    get(target, name: keyof SubtleCrypto) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (format: unknown, ...rest: unknown[]) => {
        handed ||= format === 'raw-seed';
        return member.call(target, format, ...(format === 'raw-seed' ? [seed, ...rest.slice(1)] : rest));
      };
    },
  });
  const kem = byId(webcryptoHpke(subtle).kems, KEM.X_WING);
  const key = await kem.load(PRIVATE_KEY);
  return handed ? { kem, key } : byNoble(seed); // a runtime without ML-KEM
};

const EXPANSIONS = new Map<string, Bytes>();

/** For Node, where OpenSSL cannot be wrapped: SHAKE256 is mocked by {@link knowingSeeds}. */
export const byMock =
  (hpke: Hpke): LoadSeed =>
  async (seed) => {
    const expansion = concat(seed, PRIVATE_KEY);
    const privateKey = sha3_256(expansion) as Bytes;
    EXPANSIONS.set(hex(privateKey), expansion);
    const kem = byId(hpke.kems, KEM.X_WING);
    return { kem, key: await kem.load(privateKey) };
  };

export function knowingSeeds(sha3: typeof Sha3): typeof Sha3 {
  const shake256: typeof sha3.shake256 = Object.assign(
    (...[message, options]: Parameters<typeof sha3.shake256>) =>
      EXPANSIONS.get(hex(message as Bytes))?.slice() ?? sha3.shake256(message, options),
    sha3.shake256,
  );
  return { ...sha3, shake256 };
}
