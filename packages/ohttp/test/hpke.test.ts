import { describe, expect, test } from 'vitest';
import { KEM, OhttpError } from '@sotto/ohttp';
import { concat, fromHex, hex, uint, utf8 } from '@sotto/wire';
import hpkePq from '../../../specs/vectors/hpke-pq.json' with { type: 'json' };
import rfc9180 from '../../../specs/vectors/rfc9180.json' with { type: 'json' };
import xWing from '../../../specs/vectors/x-wing.json' with { type: 'json' };
import { chunkNonce } from '../src/chunk.ts';
import { makeConstants } from '../src/context.ts';
import { labeledInfo } from '../src/labeled.ts';
import { implementations } from './implementations.ts';
import { byId, random, replay } from './support.ts';

const BAD_KEY = expect.objectContaining({ name: 'OhttpError', code: 'bad-key' });

describe.each(implementations)('%s', (_name, hpke) => {
  test.each([
    ...rfc9180.vectors.map((v) => ({ ...v, name: `RFC 9180 Appendix ${v.name}` })),
    ...hpkePq.vectors.map((v) => ({ ...v, name: `draft-ietf-hpke-pq ${v.name}` })),
  ])('$name, base mode', async (v) => {
    const suite = {
      kem: byId(hpke.kems, v.kem_id),
      kdf: byId(hpke.kdfs, v.kdf_id),
      aead: byId(hpke.aeads, v.aead_id),
    };
    const { kem, kdf, aead } = suite;
    const { sharedSecret, enc } = await kem.encap(fromHex(v.pkRm), replay(v.skEm));
    expect(hex(enc)).toBe(v.pkEm);
    expect(hex(sharedSecret)).toBe(v.shared_secret);
    const key = await kem.load(fromHex(v.skRm));
    expect(hex(key.publicKey)).toBe(v.pkRm);
    expect(hex(await kem.decap(fromHex(v.pkEm), key))).toBe(v.shared_secret);

    const labels = { request: utf8(''), response: utf8('') };
    const constants = await makeConstants(suite, labels, fromHex(v.info));
    const secret = await kdf.extract(fromHex(v.shared_secret), constants.secretIkm);
    const aeadKey = await kdf.expand(secret, constants.key.info, aead.Nk);
    expect(hex(aeadKey)).toBe(v.key);
    const nonce = await kdf.expand(secret, constants.baseNonce.info, aead.Nn);
    expect(hex(nonce)).toBe(v.base_nonce);
    const exporterSecret = await kdf.expand(secret, constants.exporterSecret.info, kdf.Nh);
    expect(hex(exporterSecret)).toBe(v.exporter_secret);
    const suiteId = concat(utf8('HPKE'), uint(2, kem.id), uint(2, kdf.id), uint(2, aead.id));
    for (const { context, L, value } of v.exports) {
      const exportInfo = labeledInfo(suiteId, utf8('sec'), fromHex(context), L);
      expect(hex(await kdf.expand(exporterSecret, exportInfo, L))).toBe(value);
    }

    const loaded = await aead.load(aeadKey);
    for (const e of v.encryptions) {
      expect(hex(chunkNonce(nonce, e.seq))).toBe(e.nonce);
      const sealed = await loaded.seal(fromHex(e.nonce), fromHex(e.aad), fromHex(e.pt));
      expect(hex(sealed)).toBe(e.ct);
      expect(hex(await loaded.open(fromHex(e.nonce), fromHex(e.aad), sealed))).toBe(e.pt);
    }
  });

  test.each(xWing.vectors.map((v, i) => ({ ...v, name: `C.${i + 1}` })))(
    'X-Wing Appendix $name',
    async (v) => {
      const kem = byId(hpke.kems, KEM.X_WING);
      const key = await kem.load(fromHex(v.sk));
      expect(hex(key.publicKey)).toBe(v.pk);
      const { sharedSecret, enc } = await kem.encap(fromHex(v.pk), replay(v.eseed));
      expect(hex(enc)).toBe(v.ct);
      expect(hex(sharedSecret)).toBe(v.ss);
      expect(hex(await kem.decap(fromHex(v.ct), key))).toBe(v.ss);
    },
  );

  test('RFC 7748 §6.1: public keys of Alice and Bob', async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    const publicKey = async (privateKey: string) => hex((await kem.load(fromHex(privateKey))).publicKey);
    expect(await publicKey('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')).toBe(
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    );
    expect(await publicKey('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')).toBe(
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    );
  });

  test('HKDF-SHA256: RFC 5869 Appendix A.1 over more than one block', async () => {
    const kdf = byId(hpke.kdfs, 1);
    const prk = fromHex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(hex(await kdf.expand(prk, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    const salt = fromHex('000102030405060708090a0b0c');
    expect(hex(await kdf.extract(salt, new Uint8Array(22).fill(0x0b)))).toBe(hex(prk));
  });

  test('a private or public key of the wrong length is refused', async () => {
    for (const kem of hpke.kems) {
      const { publicKey } = await kem.generate(random);
      for (const length of [0, kem.Nsk - 1, kem.Nsk + 1]) {
        await expect(async () => kem.load(new Uint8Array(length))).rejects.toThrow(BAD_KEY);
      }
      for (const wrong of [publicKey.subarray(1), new Uint8Array(kem.Npk + 1), new Uint8Array(0)]) {
        await expect(async () => kem.encap(wrong, random)).rejects.toThrow(BAD_KEY);
      }
    }
  });

  test('a public key whose array was overwritten is treated as a new key', async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    const [a, b] = [await kem.generate(random), await kem.generate(random)];
    const place = a.publicKey.slice();
    for (const { privateKey, publicKey } of [a, b]) {
      place.set(publicKey);
      const { sharedSecret, enc } = await kem.encap(place, random);
      expect(hex(await kem.decap(enc, await kem.load(privateKey)))).toBe(hex(sharedSecret));
    }
  });

  test('encapsulatedRequestLength and encapsulatedResponseLength match real messages', async () => {
    for (const kem of hpke.kems) {
      const { privateKey, publicKey } = await kem.generate(random);
      const { sharedSecret, enc } = await kem.encap(publicKey, random);
      expect([privateKey, publicKey, sharedSecret, enc].map(({ length }) => length)).toEqual([
        kem.Nsk,
        kem.Npk,
        kem.Nsecret,
        kem.Nenc,
      ]);
    }
  });

  test('an AEAD refuses a wrong key, nonce, aad or ciphertext, and a ciphertext shorter than its tag', async () => {
    for (const aead of hpke.aeads) {
      const key = await aead.load(random(aead.Nk));
      const nonce = random(aead.Nn);
      const sealed = await key.seal(nonce, utf8('aad'), utf8('text'));
      expect(sealed).toHaveLength(4 + aead.Nt);
      const other = await aead.load(random(aead.Nk));
      const flipped = sealed.slice();
      flipped[0] = (flipped[0] ?? 0) ^ 1;
      const attempts = [
        () => other.open(nonce, utf8('aad'), sealed),
        () => key.open(random(aead.Nn), utf8('aad'), sealed),
        () => key.open(nonce, utf8('AAD'), sealed),
        () => key.open(nonce, utf8('aad'), flipped),
        () => key.open(nonce, utf8('aad'), sealed.subarray(1)),
        () => key.open(nonce, utf8('aad'), sealed.subarray(0, aead.Nt - 1)),
        () => key.open(nonce, utf8('aad'), new Uint8Array(0)),
      ];
      for (const attempt of attempts) await expect(async () => attempt()).rejects.toThrow(OhttpError);
    }
  });
});
