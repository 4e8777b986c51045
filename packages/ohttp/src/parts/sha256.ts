import type { Bytes } from '@sotto/wire';

const BLOCK = 64; // bytes
const HASH = 32; // bytes

// The first 32 bits of the fractional parts of the cube roots of 64 primes (FIPS 180-4 §4.2.2).
const K = Int32Array.of(
  0x428a2f98,
  0x71374491,
  0xb5c0fbcf,
  0xe9b5dba5,
  0x3956c25b,
  0x59f111f1,
  0x923f82a4,
  0xab1c5ed5,
  0xd807aa98,
  0x12835b01,
  0x243185be,
  0x550c7dc3,
  0x72be5d74,
  0x80deb1fe,
  0x9bdc06a7,
  0xc19bf174,
  0xe49b69c1,
  0xefbe4786,
  0x0fc19dc6,
  0x240ca1cc,
  0x2de92c6f,
  0x4a7484aa,
  0x5cb0a9dc,
  0x76f988da,
  0x983e5152,
  0xa831c66d,
  0xb00327c8,
  0xbf597fc7,
  0xc6e00bf3,
  0xd5a79147,
  0x06ca6351,
  0x14292967,
  0x27b70a85,
  0x2e1b2138,
  0x4d2c6dfc,
  0x53380d13,
  0x650a7354,
  0x766a0abb,
  0x81c2c92e,
  0x92722c85,
  0xa2bfe8a1,
  0xa81a664b,
  0xc24b8b70,
  0xc76c51a3,
  0xd192e819,
  0xd6990624,
  0xf40e3585,
  0x106aa070,
  0x19a4c116,
  0x1e376c08,
  0x2748774c,
  0x34b0bcb5,
  0x391c0cb3,
  0x4ed8aa4a,
  0x5b9cca4f,
  0x682e6ff3,
  0x748f82ee,
  0x78a5636f,
  0x84c87814,
  0x8cc70208,
  0x90befffa,
  0xa4506ceb,
  0xbef9a3f7,
  0xc67178f2,
);
// Of the square roots of eight (§5.3.3).
const H = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

// Scratch, wiped after each use: an HMAC runs from its first byte to its last with nothing between.
const W = new Int32Array(64);
const STATE = new Int32Array(8);
const OUTER = new Int32Array(8);
const PAD = new Uint8Array(BLOCK);
const MESSAGE = new Uint8Array(8 * BLOCK);

/**
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) of `a`, then `b`, then a byte, in JavaScript without an object.
 *
 * Its work depends on lengths alone: additions, rotations and no look-up by a secret.
 */
export function hmacSha256(key: Bytes, a: Bytes, b?: Bytes, counter?: number): Bytes {
  const short = key.length > BLOCK ? sha256(key) : key;
  for (let i = 0; i < BLOCK; i++) PAD[i] = (short[i] ?? 0) ^ 0x36;
  STATE.set(H);
  compress(STATE, PAD, 0);
  for (let i = 0; i < BLOCK; i++) PAD[i] = PAD[i]! ^ 0x36 ^ 0x5c;
  OUTER.set(H);
  compress(OUTER, PAD, 0);
  absorb(STATE, BLOCK, a, b, counter);
  const mac = new Uint8Array(HASH);
  write(STATE, mac);
  absorb(OUTER, BLOCK, mac);
  write(OUTER, mac);
  PAD.fill(0);
  W.fill(0);
  return mac;
}

/** SHA-256 (FIPS 180-4 §6.2). */
export function sha256(message: Bytes): Bytes {
  STATE.set(H);
  absorb(STATE, 0, message);
  const digest = new Uint8Array(HASH);
  write(STATE, digest);
  W.fill(0);
  return digest;
}

/** Takes in the rest of a message, after `before` bytes of it, with its padding (§5.1.1). */
function absorb(state: Int32Array, before: number, a: Bytes, b?: Bytes, counter?: number): void {
  let length = a.length + (b === undefined ? 0 : b.length) + (counter === undefined ? 0 : 1);
  const padded = Math.ceil((length + 9) / BLOCK) * BLOCK;
  const message = padded > MESSAGE.length ? new Uint8Array(padded) : MESSAGE;
  message.set(a);
  if (b !== undefined) message.set(b, a.length);
  if (counter !== undefined) message[length - 1] = counter;
  message[length] = 0x80;
  length += before;
  for (let i = padded - 1, bits = length * 8; bits > 0; i--, bits = Math.floor(bits / 256))
    message[i] = bits % 256;
  for (let at = 0; at < padded; at += BLOCK) compress(state, message, at);
  message.fill(0, 0, padded);
}

function write(state: Int32Array, into: Bytes): void {
  for (let i = 0; i < HASH; i++) into[i] = state[i >> 2]! >> (24 - 8 * (i & 3));
}

/** One block into a state (§6.2.2). */
function compress(state: Int32Array, data: Uint8Array, from: number): void {
  for (let i = 0, at = from; i < 16; i++, at += 4) {
    W[i] = (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15]!;
    const y = W[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = W[i - 16]! + s0 + W[i - 7]! + s1;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + W[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
}
