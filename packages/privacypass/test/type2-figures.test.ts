import { constants, createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { concat, fromHex, hex, uint, type Bytes } from '@sotto/wire';
import { expect, test } from 'vitest';
import generic from '../../../specs/vectors/batched-generic.json' with { type: 'json' };
import type2 from '../../../specs/vectors/rfc9578-type2.json' with { type: 'json' };
import {
  decodeGenericBatchTokenRequest,
  decodeGenericBatchTokenResponse,
  decodeToken,
  tokenAuthenticatorInput,
} from '../src/index.ts';

const NK = 256; // bytes of an element and a signature
const SALT = 48; // bytes
const HASH = 48; // bytes of SHA-384

const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}

/** The salt of an EMSA-PSS encoding (RFC 8017 §9.1), unmasked by MGF1. */
function saltOf(encoded: Bytes): Bytes {
  const masked = encoded.subarray(0, -HASH - 1);
  const h = encoded.subarray(-HASH - 1, -1);
  const blocks = Array.from({ length: Math.ceil(masked.length / HASH) }, (_, i) =>
    Uint8Array.from(
      createHash('sha384')
        .update(concat(h, uint(4, i)))
        .digest(),
    ),
  );
  const mask = concat(...blocks);
  return masked.map((byte, i) => byte ^ (mask[i] ?? 0)).slice(-SALT);
}

interface Figures {
  readonly issuerSecret: string;
  readonly issuerPublic: string;
  readonly blind: string;
  readonly salt?: string;
  readonly token: string;
}

const CONSISTENT = { verifies: true, signed: true, blinded: true, salted: true };

/** Checks Blind RSA vectors (RFC 9474 §4) by their equations, because we do not issue such tokens. */
function facts(v: Figures, blindedMsg: Bytes, blindSig: Bytes): typeof CONSISTENT {
  const jwk = createPrivateKey(Buffer.from(fromHex(v.issuerSecret))).export({ format: 'jwk' });
  const n = number(Buffer.from(jwk.n ?? '', 'base64url'));
  const e = number(Buffer.from(jwk.e ?? '', 'base64url'));
  const token = decodeToken(fromHex(v.token));
  const key = createPublicKey({ key: Buffer.from(fromHex(v.issuerPublic)), format: 'der', type: 'spki' });
  const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT };
  const signature = number(token.authenticator);
  const encoded = fromHex(
    power(signature, e, n)
      .toString(16)
      .padStart(2 * NK, '0'),
  );
  return {
    verifies: verify('sha384', tokenAuthenticatorInput(token), pss, token.authenticator),
    signed: power(number(blindSig), e, n) === number(blindedMsg),
    blinded: (signature * number(fromHex(v.blind))) % n === number(blindSig),
    salted: v.salt === undefined || hex(saltOf(encoded)) === v.salt, // the batched-token drafts do not print it
  };
}

test.each(type2.cases.map((v, i) => [i + 1, v] as const))(
  'RFC 9578 type 0x0002 #%i: token, blind, salt, request and response belong to each other',
  (_, v) => {
    expect(facts(v, fromHex(v.request).subarray(3), fromHex(v.response))).toEqual(CONSISTENT);
  },
);

const mixed = generic.cases
  .map((v, i) => [i + 1, v] as const)
  .filter(([, v]) => v.items.some(({ tokenType }) => tokenType === '0x0002'));

test.each(mixed)('batched tokens, generic #%i: the same of its parts of type 0x0002', (_, v) => {
  const requests = decodeGenericBatchTokenRequest(fromHex(v.request));
  const responses = decodeGenericBatchTokenResponse(fromHex(v.response));
  for (const [i, item] of v.items.entries()) {
    const [request, response] = [requests[i], responses[i]];
    if (Number(item.tokenType) !== 2 || request === undefined || !response) continue;
    expect(facts(item, request.blindedMsg, response.response)).toEqual(CONSISTENT);
  }
});
