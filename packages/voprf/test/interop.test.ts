import {
  DLEQProof,
  Evaluation,
  EvaluationRequest,
  Oprf,
  VOPRFClient,
  VOPRFServer,
} from '@cloudflare/voprf-ts';
import { CryptoNoble } from '@cloudflare/voprf-ts/crypto-noble';
import type { Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { ecdhVoprf } from '../src/ecdh.ts';
import { nobleVoprf, type Voprf } from '../src/index.ts';
import { loadSodium } from '../src/sodium-node.ts';
import { sodiumVoprf } from '../src/sodium.ts';
import { seeded } from './support.ts';

const OURS: readonly [string, Voprf][] = [
  ['noble', nobleVoprf('ristretto255-SHA512')],
  ['noble', nobleVoprf('P384-SHA384')],
  ['sodium', sodiumVoprf(await loadSodium())],
  ['ecdh', ecdhVoprf(crypto.subtle)],
];
const plain = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes);

describe.each(OURS.map(([name, voprf]) => ({ name, suite: voprf.suite, voprf })))(
  '@cloudflare/voprf-ts and ours ($name, $suite)',
  async ({ voprf }) => {
    const random = seeded(7);
    const key = await voprf.generateKeyPair(random);
    const group = Oprf.getGroup(voprf.suite, CryptoNoble);
    const inputs = [random(1), random(98), random(300)];

    test('their client finalizes a batch from our server, and our server redeems it', async () => {
      const client = new VOPRFClient(voprf.suite, key.publicKey, CryptoNoble);
      const [kept, request] = await client.blind(inputs);
      const blinded = request.blinded.map((element) => plain(element.serialize()));
      const { evaluatedElements, proof } = await voprf.blindEvaluate(key, blinded, random);
      const evaluation = new Evaluation(
        Oprf.Mode.VOPRF,
        evaluatedElements.map((element) => group.desElt(element)),
        DLEQProof.deserialize(group.id, proof, CryptoNoble),
      );
      const outputs = await client.finalize(kept, evaluation);
      for (const [i, input] of inputs.entries()) {
        expect(await voprf.evaluate(key.secretKey, input)).toEqual(plain(outputs[i] ?? input));
      }
    });

    test('our client finalizes a batch from their server, and their server redeems it', async () => {
      const server = new VOPRFServer(voprf.suite, key.secretKey, CryptoNoble);
      const items = await Promise.all(
        inputs.map(async (input) => ({ input, ...(await voprf.blind(input, random)) })),
      );
      const request = new EvaluationRequest(items.map(({ blindedElement }) => group.desElt(blindedElement)));
      const { evaluated, proof } = await server.blindEvaluate(request);
      const outputs = await voprf.finalize(
        key.publicKey,
        items.map((item, i) => ({
          ...item,
          evaluatedElement: plain(evaluated[i]?.serialize() ?? new Uint8Array(0)),
        })),
        plain(proof?.serialize() ?? new Uint8Array(0)),
      );
      for (const [i, output] of outputs.entries()) {
        expect(await server.verifyFinalize(inputs[i] ?? output, output)).toBe(true);
      }
    });
  },
);
