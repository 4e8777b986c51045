import { createPublicKey, verify } from 'node:crypto';
import { base64url } from '@sotto/wire';
import { nobleEd25519Verify } from '../src/signed-bundle.ts';
import { wycheproofEd25519 } from './wycheproof-cases.ts';

wycheproofEd25519('noble', nobleEd25519Verify);
wycheproofEd25519('OpenSSL, which is as strict', (signature, message, publicKey) => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) };
  return verify(null, message, createPublicKey({ key, format: 'jwk' }), signature);
});
