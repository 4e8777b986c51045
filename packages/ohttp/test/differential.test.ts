import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decapsulateRequest, encapsulateRequest, KEM, loadGatewayKey } from '@sotto/ohttp';
import { nobleHpke } from '@sotto/ohttp/noble';
import { hex } from '@sotto/wire';
import { implementations } from './implementations.ts';
import { byId, keyPair, random, SUITES } from './support.ts';

const pairs = implementations.flatMap(([from, sender]) =>
  implementations.map(([to, receiver]) => ({ from, sender, to, receiver })),
);

describe.each(pairs)('$from seals and $to opens', ({ sender, receiver }) => {
  test.each(Object.entries(KEM))('with %s and either AEAD', async (_name, kemId) => {
    const { config, privateKey } = await keyPair(sender, kemId);
    const key = await loadGatewayKey(receiver, { ...config, privateKey, publicKey: config.publicKey });
    for (const suite of SUITES) {
      const request = random(100);
      const sent = await encapsulateRequest(sender, config, suite, request, random);
      const opened = await decapsulateRequest(receiver, [key], sent.encapsulatedRequest);
      expect(hex(opened.request)).toBe(hex(request));
      const answer = await opened.sealResponse(request, random);
      expect(hex(await sent.openResponse(answer))).toBe(hex(request));
    }
  });
});

const bytes = (max: number) => fc.uint8Array({ maxLength: max });

test('all implementations give the same bytes for the same randomness', async () => {
  await fc.assert(
    fc.asyncProperty(bytes(64), bytes(200), fc.nat(100), async (salt, message, length) => {
      const results = await Promise.all(
        implementations.map(async ([, { kdfs, aeads }]) => {
          const kdf = byId(kdfs, 1);
          const prk = await kdf.extract(salt, message);
          const out = [prk, await kdf.expand(prk, message, length)];
          const outputs = [
            { info: salt, L: kdf.Nh },
            { info: message, L: length },
          ];
          out.push(...(await kdf.derive(salt, message, outputs)));
          for (const aead of aeads) {
            const key = await aead.load(prk.slice(0, aead.Nk));
            out.push(await key.seal(prk.slice(0, aead.Nn), salt, message));
          }
          return out.map(hex);
        }),
      );
      for (const result of results) expect(result).toEqual(results[0]);
    }),
    { numRuns: 30 },
  );
});

test('all implementations derive the same keys and the same enc from one seed', async () => {
  for (let run = 0; run < 10; run++) {
    const fixed = random(64);
    const repeated = (length: number) => fixed.slice(0, length);
    const results = await Promise.all(
      implementations.map(async ([, { kems }]) => {
        const out = [];
        for (const kem of kems) {
          const { publicKey } = await kem.generate(repeated);
          const { sharedSecret, enc } = await kem.encap(publicKey, repeated);
          out.push(publicKey, sharedSecret, enc);
        }
        return out.map(hex);
      }),
    );
    for (const result of results) expect(result).toEqual(results[0]);
  }
});

test('all implementations derive the same secret from a ciphertext that ML-KEM rejects', async () => {
  const seed = random(32);
  const kems = implementations.map(([, hpke]) => byId(hpke.kems, KEM.X_WING));
  const { publicKey } = await byId(nobleHpke().kems, KEM.X_WING).load(seed);
  const { enc } = await byId(nobleHpke().kems, KEM.X_WING).encap(publicKey, random);
  for (const at of [0, 500, 1087]) {
    enc[at] = (enc[at] ?? 0) ^ 1;
    const secrets = await Promise.all(
      kems.map(async (kem) => hex(await kem.decap(enc, await kem.load(seed)))),
    );
    expect(new Set(secrets).size).toBe(1);
  }
});
