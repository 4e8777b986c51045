import { describe, expect, test } from 'vitest';
import {
  decapsulateRequest,
  encapsulateRequest,
  KEM,
  loadGatewayKey,
  type Hpke,
  type Kem,
} from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import { concat, EMPTY, fromHex, hex, uint, utf8, type Bytes } from '@sotto/wire';
import { labeledExtract, labeledInfo } from '../src/labeled.ts';
import { implementations } from './implementations.ts';
import { AES, byId, codeOf, keyPair, random } from './support.ts';

const SUITE_ID = concat(utf8('KEM'), uint(2, KEM.X25519));

/** The points of an order that divides 8, in all their encodings, from Wycheproof. All products with them are zero. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];

/**
 * A port whose X25519 sender puts `enc` on the wire and uses the shared secret that a receiver
 * which does not look at points would compute, given what the receiver's key times the point is.
 */
function attacker(hpke: Hpke, enc: Bytes, product: (publicKey: Bytes) => Bytes): Hpke {
  const kem = byId(hpke.kems, KEM.X25519);
  const kdf = byId(hpke.kdfs, 1);
  const crafted: Kem = {
    ...kem,
    async encap(publicKey) {
      const prk = await labeledExtract(kdf, SUITE_ID, EMPTY, utf8('eae_prk'), product(publicKey));
      const info = labeledInfo(SUITE_ID, utf8('shared_secret'), concat(enc, publicKey), 32);
      return { sharedSecret: await kdf.expand(prk, info, 32), enc };
    },
  };
  return { ...hpke, kems: [crafted] };
}

describe.each(implementations)('%s', (_name, hpke) => {
  const exchange = async (sender: Hpke): Promise<string> => {
    const { config, privateKey } = await keyPair(hpke, KEM.X25519);
    const key = await loadGatewayKey(hpke, { ...config, privateKey });
    const sent = await encapsulateRequest(sender, config, AES, utf8('attack'), random);
    return codeOf(() => decapsulateRequest(hpke, [key], sent.encapsulatedRequest));
  };

  test('the attacker in these tests succeeds with an honest point', async () => {
    // 9 is the base point: its product with the private key is the public key.
    const base = fromHex('09'.padEnd(64, '0'));
    expect(await exchange(attacker(hpke, base, (publicKey) => publicKey))).toBe('none');
  });

  test.each(LOW_ORDER)('G08 the low-order point %s as enc is refused', async (point) => {
    expect(await exchange(attacker(hpke, fromHex(point), () => new Uint8Array(32)))).toBe('open-failed');
  });

  test.each([
    ['9 + p', `f6${'ff'.repeat(30)}7f`],
    ['9 + 2^255', `09${'00'.repeat(30)}80`],
    ['9 + p + 2^255', `f6${'ff'.repeat(31)}`],
  ])('G08 a non-canonical enc that would open, %s, is refused', async (_encoding, point) => {
    expect(await exchange(attacker(hpke, fromHex(point), (publicKey) => publicKey))).toBe('open-failed');
  });

  test('G08 X-Wing with a bad point in its X25519 half is refused', async () => {
    const { config, privateKey } = await keyPair(hpke, KEM.X_WING);
    const key = await loadGatewayKey(hpke, { ...config, privateKey });
    const { encapsulatedRequest } = await encapsulateRequest(hpke, config, AES, utf8('attack'), random);
    for (const point of LOW_ORDER) {
      encapsulatedRequest.set(fromHex(point), 7 + 1088);
      expect(await codeOf(() => decapsulateRequest(hpke, [key], encapsulatedRequest))).toBe('open-failed');
    }
  });

  test('encapsulation to a bad point is refused with bad-key', async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    for (const point of LOW_ORDER) {
      expect(await codeOf(async () => kem.encap(fromHex(point), random))).toBe('bad-key');
    }
  });

  test('points of the twist and of mixed order are accepted, as X25519 allows', async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    const { privateKey } = await kem.generate(random);
    const key = await kem.load(privateKey);
    const other = byId(nobleHpke().kems, KEM.X25519);
    for (const u of [2, 3, 4, 5, 6, 16]) {
      const point = fromHex(hex(uint(1, u)).padEnd(64, '0'));
      const secret = await kem.decap(point, key);
      expect(hex(secret)).toBe(hex(await other.decap(point, await other.load(privateKey))));
    }
  });
});
