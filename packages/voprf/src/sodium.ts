import type { Group, Secret } from './group.ts';
import { createVoprf } from './protocol.ts';
import { belowOrder } from './scalar.ts';
import { Operations, type SodiumPoint } from './sodium-operations.ts';
import type { Sodium } from './sodium-raw.ts';
import type { Voprf, VoprfOptions } from './voprf.ts';

export type { RawSodium, Sodium } from './sodium-raw.ts';

/** n = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = Uint8Array.of(
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
); // prettier-ignore
/** RFC 9496 §A.1. */
const GENERATOR = Uint8Array.of(
  0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
  0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
); // prettier-ignore

/**
 * ristretto255-SHA512 (RFC 9497 §4.1). Only libsodium touches elements and secret scalars.
 *
 * @param sodium - from `@sotto/voprf/sodium-node` or `@sotto/voprf/sodium-workerd`
 */
export function sodiumVoprf(sodium: Sodium, options?: VoprfOptions): Voprf {
  return createVoprf(sodiumGroup(sodium), options);
}

function sodiumGroup({ raw }: Sodium): Group<SodiumPoint> {
  const sodium = new Operations(raw);
  return {
    suite: 'ristretto255-SHA512',
    generator: checked(sodium.decode(GENERATOR)),
    hash: sodium.hash,
    hashToGroup: (message, dst) => sodium.fromHash(sodium.expand(message, dst)),
    hashToScalar: (message, dst) => sodium.reduce(sodium.expand(message, dst)),
    serialize: ({ bytes }) => bytes,
    deserialize: (bytes) => sodium.decode(bytes),
    isScalar: (bytes) => belowOrder(bytes, ORDER),
    reduce: (wide) => sodium.reduce(wide),
    respond: (r, c, k) => sodium.respond(r, c, k),
    invert: (scalars) => scalars.map((scalar) => sodium.invert(scalar)),
    load: (scalar): Secret<SodiumPoint> => ({
      publicElement: () => checked(sodium.multiplyBase(scalar)),
      multiply: (element) => checked(sodium.multiply(scalar, element)),
    }),
    combine: (scalars, elements) => sodium.sumPublic(scalars, elements),
  };
}

/** The protocol multiplies no identity, and by no zero. */
function checked(point: SodiumPoint | null): SodiumPoint {
  if (point === null) throw new TypeError('libsodium’s product of checked values is the identity');
  return point;
}
