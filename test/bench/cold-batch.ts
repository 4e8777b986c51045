import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { sodiumVoprf, type Sodium } from '@sotto/voprf/sodium';
import type { Bytes } from '@sotto/wire';

const BATCH = 30; // tokens of type 0x0005
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => (i < 31 ? i + 1 : 0));

/** The first batch that an isolate ever signs, its code's own start included. */
export async function coldBatch(
  who: 'ours' | 'noble',
  load: () => Promise<Sodium>,
  random: (length: number) => Bytes,
): Promise<number> {
  const { voprf: noble } = ristretto255_oprf;
  if (who === 'noble') {
    const publicKey = new Uint8Array(ELEMENT);
    return noble.blindEvaluateBatch(
      SECRET,
      publicKey,
      Array.from({ length: BATCH }, () => publicKey),
    ).evaluated.length;
  }
  const voprf = sodiumVoprf(await load());
  const publicKey = voprf.publicKey(SECRET);
  const blinded = Array.from({ length: BATCH }, () => publicKey);
  const { evaluatedElements } = await voprf.blindEvaluate({ secretKey: SECRET, publicKey }, blinded, random);
  return evaluatedElements.length;
}

/** The generator of ristretto255 (RFC 9496 §4), which is an element like any other. */
const ELEMENT = Uint8Array.from(
  'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76'.match(/../g) ?? [],
  (octet) => Number.parseInt(octet, 16),
);
