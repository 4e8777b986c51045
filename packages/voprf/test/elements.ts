import { fromHex, type Bytes } from '@sotto/wire';
import rfc9496 from '../../../specs/vectors/rfc9496.json' with { type: 'json' };
import type { Voprf } from '../src/index.ts';

const GENERATOR = rfc9496.multiples[1]?.encoding ?? '';

/** 32-byte strings that do not encode an element: those of RFC 9496 Appendix A.2, and more. */
export const NOT_RISTRETTO255 = [
  ...rfc9496.invalid.map(({ why, encoding }, i) => [`RFC 9496 A.2 #${i + 1}, ${why}`, encoding]),
  ['the identity', '00'.repeat(32)],
  ['a field element not reduced: p + 1', `ee${'ff'.repeat(30)}7f`],
  ['the generator with its top bit set', `${GENERATOR.slice(0, -2)}f6`],
  ['2^256 - 1', 'ff'.repeat(32)],
  ['ed25519: order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['ed25519: order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['ed25519: the generator', `58${'66'.repeat(31)}`],
].map(([name = '', element = '']) => ({ name, element }));

const X = 'aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7';
const Y = '3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f';
const P = 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff';

/** Byte strings that are not compressed P-384 points: other encodings of valid points, and invalid points. */
export const NOT_P384 = [
  ['the point at infinity', '00'],
  ['49 zero bytes', '00'.repeat(49)],
  ['a good point uncompressed, 97 bytes', `04${X}${Y}`],
  ['a good point hybrid, 97 bytes', `07${X}${Y}`],
  ['prefix 0x00', `00${X}`],
  ['prefix 0x01', `01${X}`],
  ['prefix 0x04', `04${X}`],
  ['prefix 0x05', `05${X}`],
  ['prefix 0x06', `06${X}`],
  ['prefix 0xff', `ff${X}`],
  ['x = p', `02${P}`],
  ['x = p + 2', `03${P.slice(0, -16)}0000000100000001`],
  ['x = 2^384 - 1', `02${'ff'.repeat(48)}`],
  ['x of no point: 1', `02${'00'.repeat(47)}01`],
  ['a good x, cut', `02${X.slice(2)}`],
  ['a good point and a byte', `02${X}00`],
].map(([name = '', element = '']) => ({ name, element }));

const ORDER = {
  'ristretto255-SHA512': 2n ** 252n + 27742317777372353535851937790883648493n,
  'P384-SHA384': BigInt(`0x${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`),
};

/** A number in the suite's encoding of scalars. */
export function scalarOf(voprf: Voprf, value: bigint): Bytes {
  const bytes = fromHex(value.toString(16).padStart(2 * voprf.Ns, '0'));
  return voprf.suite === 'ristretto255-SHA512' ? bytes.toReversed() : bytes;
}

export function orderOf(voprf: Voprf): bigint {
  return ORDER[voprf.suite];
}

/** Scalars at both ends of the valid range, inside and outside. */
export function scalarEdges(voprf: Voprf): { readonly name: string; readonly scalar: Bytes }[] {
  const n = orderOf(voprf);
  return [
    { name: '0', scalar: scalarOf(voprf, 0n) },
    { name: '1', scalar: scalarOf(voprf, 1n) },
    { name: 'n - 1', scalar: scalarOf(voprf, n - 1n) },
    { name: 'n', scalar: scalarOf(voprf, n) },
    { name: 'n + 1', scalar: scalarOf(voprf, n + 1n) },
    { name: 'all ones', scalar: scalarOf(voprf, 256n ** BigInt(voprf.Ns) - 1n) },
  ];
}
