import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { sodiumVoprf, type Sodium } from '@sotto/voprf/sodium';
import type { Random } from '@sotto/wire';
import { counting, RISTRETTO_ELEMENT } from './platform.ts';

const BATCH = 30; // tokens of type 0x0005
const SECRET = Uint8Array.from([...counting(31), 0]);
const BLINDED = Array.from({ length: BATCH }, () => RISTRETTO_ELEMENT);

/** The first batch that an isolate signs, including the start of its code. */
export async function coldBatch(
  who: 'ours' | 'noble',
  load: () => Promise<Sodium>,
  random: Random,
): Promise<number> {
  if (who === 'noble') {
    // Any element can be the public key, because only the transcript of the proof contains it.
    const { evaluated } = ristretto255_oprf.voprf.blindEvaluateBatch(SECRET, RISTRETTO_ELEMENT, BLINDED);
    return evaluated.length;
  }
  const voprf = sodiumVoprf(await load());
  const key = { secretKey: SECRET, publicKey: await voprf.publicKey(SECRET) };
  return (await voprf.blindEvaluate(key, BLINDED, random)).evaluatedElements.length;
}
