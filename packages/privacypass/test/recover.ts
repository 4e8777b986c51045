import type { Voprf } from '@sotto/voprf';
import type { Bytes } from '@sotto/wire';

const ORDER = {
  'ristretto255-SHA512': 2n ** 252n + 27742317777372353535851937790883648493n,
  'P384-SHA384': BigInt(
    '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ),
};

/** The random bytes that give the proof's nonce r = s + c * k mod n, which the drafts' vectors leave out. */
export function recoverNonce(voprf: Voprf, secretKey: Bytes, proof: Bytes): Bytes {
  const little = voprf.suite === 'ristretto255-SHA512';
  const order = (bytes: Bytes) => (little ? bytes.toReversed() : bytes);
  const number = (bytes: Bytes) => BigInt(`0x${Buffer.from(order(bytes)).toString('hex')}`);
  const c = number(proof.subarray(0, voprf.Ns));
  const s = number(proof.subarray(voprf.Ns));
  const r = (s + c * number(secretKey)) % ORDER[voprf.suite];
  const wide = Buffer.from(r.toString(16).padStart(3 * voprf.Ns, '0'), 'hex');
  return Uint8Array.from(order(Uint8Array.from(wide)));
}
