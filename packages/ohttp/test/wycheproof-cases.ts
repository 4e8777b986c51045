import { expect, test } from 'vitest';
import { KEM, type Aead, type AeadKey, type Hpke } from '@sotto/ohttp';
import { concat, EMPTY, fromHex, hex, uint, utf8 } from '@sotto/wire';
import aes from '../../../specs/vectors/wycheproof-aes-128-gcm.json' with { type: 'json' };
import chacha from '../../../specs/vectors/wycheproof-chacha20-poly1305.json' with { type: 'json' };
import hkdf from '../../../specs/vectors/wycheproof-hkdf-sha256.json' with { type: 'json' };
import hmac from '../../../specs/vectors/wycheproof-hmac-sha256.json' with { type: 'json' };
import x25519 from '../../../specs/vectors/wycheproof-x25519.json' with { type: 'json' };
import { labeledExtract, labeledInfo } from '../src/labeled.ts';
import { NOBLE_HKDF_SHA256 } from '../src/parts/noble-parts.ts';
import { hmacSha256 } from '../src/parts/sha256.ts';
import { byId, codeOf } from './support.ts';

const SUITE_ID = concat(utf8('KEM'), uint(2, KEM.X25519));

/** Public keys that RFC 7748 accepts, and that RFC 9180 §7.1.4 or our rule of one encoding per key refuses. */
const REFUSED = ['ZeroSharedSecret', 'NonCanonicalPublic'];

/** Runs Wycheproof's rows through one implementation of the port; results are listed by tcId. */
export function wycheproof(name: string, hpke: Hpke): void {
  test(`Wycheproof X25519: ${name}, ${x25519.tests.length} rows`, async () => {
    const kem = byId(hpke.kems, KEM.X25519);
    const wrong: number[] = [];
    for (const row of x25519.tests) {
      const enc = fromHex(row.public);
      const key = await kem.load(fromHex(row.private));
      const refused = row.flags.some((flag) => REFUSED.includes(flag));
      const expected = refused ? 'open-failed' : hex(await secretOf(row.shared, enc, key.publicKey));
      if ((await valueOrCode(async () => kem.decap(enc, key))) !== expected) wrong.push(row.tcId);
    }
    expect(wrong).toEqual([]);
  });

  for (const [cipher, { tests }, id] of [
    ['AES-128-GCM', aes, 1],
    ['ChaCha20-Poly1305', chacha, 3],
  ] as const) {
    test(`Wycheproof ${cipher}: ${name}, ${tests.length} rows`, async () => {
      const aead: Aead = byId(hpke.aeads, id);
      const wrong: number[] = [];
      for (const row of tests) {
        const [nonce, aad, msg] = [row.iv, row.aad, row.msg].map(fromHex);
        const key: AeadKey = await aead.load(fromHex(row.key));
        const sealed = fromHex(row.ct + row.tag);
        const valid = row.result === 'valid';
        const opened = await valueOrCode(async () => key.open(nonce ?? EMPTY, aad ?? EMPTY, sealed));
        if (opened !== (valid ? row.msg : 'open-failed')) wrong.push(row.tcId);
        const ours = hex(await key.seal(nonce ?? EMPTY, aad ?? EMPTY, msg ?? EMPTY));
        if ((ours === hex(sealed)) !== valid) wrong.push(row.tcId);
      }
      expect(wrong).toEqual([]);
    });
  }

  test(`Wycheproof HKDF-SHA256: ${name}, ${hkdf.tests.length} rows`, async () => {
    const kdf = byId(hpke.kdfs, 1);
    const wrong: number[] = [];
    for (const row of hkdf.tests) {
      const prk = await kdf.extract(fromHex(row.salt), fromHex(row.ikm));
      const okm = async () => hex(await kdf.expand(prk, fromHex(row.info), row.size));
      const right = await okm().then(
        (value) => row.result === 'valid' && value === row.okm,
        // @hpke/core has error classes of its own.
        ({ code }) => row.result === 'invalid' && (code === 'out-of-range' || name === '@hpke/core'),
      );
      if (!right) wrong.push(row.tcId);
    }
    expect(wrong).toEqual([]);
  });
}

/** Our own HMAC, also with the long messages that HKDF never uses. */
export function wycheproofHmac(): void {
  test(`Wycheproof HMAC-SHA256: ${hmac.tests.length} rows`, () => {
    const wrong = hmac.tests.filter(({ key, msg, tag, result }) => {
      const mac = hex(hmacSha256(fromHex(key))(fromHex(msg))).slice(0, tag.length);
      return (mac === tag) !== (result === 'valid');
    });
    expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
  });
}

/** DHKEM's ExtractAndExpand (RFC 9180 §4.1) of an X25519 shared secret. */
async function secretOf(shared: string, enc: Uint8Array<ArrayBuffer>, publicKey: Uint8Array<ArrayBuffer>) {
  const prk = await labeledExtract(NOBLE_HKDF_SHA256, SUITE_ID, EMPTY, utf8('eae_prk'), fromHex(shared));
  const info = labeledInfo(SUITE_ID, utf8('shared_secret'), concat(enc, publicKey), 32);
  return NOBLE_HKDF_SHA256.expand(prk, info, 32);
}

/** The result in hex, or the code of the error. */
async function valueOrCode(work: () => Promise<Uint8Array<ArrayBuffer>>): Promise<string> {
  let value = '';
  const code = await codeOf(async () => {
    value = hex(await work());
  });
  return code === 'none' ? value : code;
}
