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
// The same of the square roots of the first eight primes (§5.3.3).
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

// Scratch memory, wiped after each use. A hash is synchronous, so no two share it.
const W = new Int32Array(64); // the block that comes next, then its schedule
const STATE = new Int32Array(8);
const MESSAGE = new Uint8Array(8 * BLOCK);

/**
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) under a key of any length, of the concatenation of `a`, `b` and one byte.
 *
 * Work that depends only on the key, half of that for a short message, is done once. Its result is as secret as the
 * key. The running time depends on lengths only: there are additions and rotations, and no look-up by a secret.
 */
export function hmacSha256(key: Bytes): (a: Bytes, b?: Bytes, counter?: number) => Bytes {
  const short = key.length > BLOCK ? sha256(key) : key;
  const states = new Int32Array(16); // the inner and the outer, 8 words each
  takePad(short, 0x36363636, states, 0);
  takePad(short, 0x5c5c5c5c, states, 8);
  wipe();
  return (a, b, counter) => {
    start(states, 0);
    absorb(BLOCK, a, b, counter);
    for (let i = 0; i < 8; i++) W[i] = STATE[i]!;
    W[8] = 0x80000000;
    for (let i = 9; i < 15; i++) W[i] = 0;
    W[15] = 8 * (BLOCK + HASH);
    start(states, 8);
    compress();
    return taken();
  };
}

/** SHA-256 (FIPS 180-4 §6.2). */
export function sha256(message: Bytes): Bytes {
  start(H, 0);
  absorb(0, message);
  return taken();
}

function takePad(key: Bytes, pad: number, states: Int32Array, at: number): void {
  for (let i = 0; i < 16; i++) W[i] = pad;
  for (let i = 0; i < key.length; i++) W[i >> 2] = W[i >> 2]! ^ (key[i]! << (24 - 8 * (i & 3)));
  start(H, 0);
  compress();
  for (let i = 0; i < 8; i++) states[at + i] = STATE[i]!;
}

function start(from: Int32Array, at: number): void {
  for (let i = 0; i < 8; i++) STATE[i] = from[at + i]!;
}

/** Processes the rest of a message after its first `before` bytes, with the padding (§5.1.1). */
function absorb(before: number, a: Bytes, b?: Bytes, counter?: number): void {
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
  for (let at = 0; at < padded;) {
    for (let i = 0; i < 16; i++, at += 4) {
      W[i] = (message[at]! << 24) | (message[at + 1]! << 16) | (message[at + 2]! << 8) | message[at + 3]!;
    }
    compress();
  }
  message.fill(0, 0, padded);
}

/** Returns the state as bytes, and wipes it. */
function taken(): Bytes {
  const bytes = new Uint8Array(HASH);
  for (let i = 0, at = 0; i < 8; i++, at += 4) {
    const word = STATE[i]!;
    bytes[at] = word >> 24;
    bytes[at + 1] = word >> 16;
    bytes[at + 2] = word >> 8;
    bytes[at + 3] = word;
  }
  wipe();
  return bytes;
}

function wipe(): void {
  W.fill(0);
  STATE.fill(0);
}

/** Processes the block in W (§6.2.2). Ch and Maj are written with one operation less than in §4.1.2. */
function compress(): void {
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15]!;
    const y = W[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = W[i - 16]! + s0 + W[i - 7]! + s1;
  }
  let a = STATE[0]!;
  let b = STATE[1]!;
  let c = STATE[2]!;
  let d = STATE[3]!;
  let e = STATE[4]!;
  let f = STATE[5]!;
  let g = STATE[6]!;
  let h = STATE[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + K[i]! + W[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = s0 + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  STATE[0] = STATE[0]! + a;
  STATE[1] = STATE[1]! + b;
  STATE[2] = STATE[2]! + c;
  STATE[3] = STATE[3]! + d;
  STATE[4] = STATE[4]! + e;
  STATE[5] = STATE[5]! + f;
  STATE[6] = STATE[6]! + g;
  STATE[7] = STATE[7]! + h;
}
