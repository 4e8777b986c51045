import { EvaluationRequest, Oprf, VOPRFServer } from '@cloudflare/voprf-ts';
import { CryptoNoble } from '@cloudflare/voprf-ts/crypto-noble';
import type { Bytes } from '@sotto/wire';

const SUITES = {
  p384: [Oprf.Suite.P384_SHA384] as const,
  r255: [Oprf.Suite.RISTRETTO255_SHA512, CryptoNoble] as const, // its own arithmetic has no such curve
};

/** A server in a typical use of voprf-ts. */
export function voprfTsServer(curve: keyof typeof SUITES, secretKey: Bytes) {
  const [suite, ...provider] = SUITES[curve];
  const server = new VOPRFServer(suite, secretKey, ...provider);
  const group = Oprf.getGroup(suite, ...provider);
  return {
    evaluate: (input: Bytes): Promise<Uint8Array> => server.evaluate(input),
    async blindEvaluate(blinded: readonly Bytes[]): Promise<Uint8Array[]> {
      const request = new EvaluationRequest(blinded.map((bytes) => group.desElt(bytes)));
      return (await server.blindEvaluate(request)).evaluated.map((element) => element.serialize(true));
    },
  };
}
