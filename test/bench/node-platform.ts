import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { nodeHpke } from '@sotto/ohttp/node';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import type { Platform } from './platform.ts';

/** What the Node entry files choose. */
export async function nodePlatform(): Promise<Platform> {
  const mine = generateKeyPairSync('x25519');
  const peers = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' });
  const privateKey = createPrivateKey({
    key: mine.privateKey.export({ format: 'der', type: 'pkcs8' }),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    runtime: 'node',
    hpke: nodeHpke(),
    ristretto255: sodiumVoprf(await loadSodium()),
    p384: ecdhVoprf(globalThis.crypto.subtle),
    random: (length) => new Uint8Array(randomBytes(length)),
    x25519: () =>
      diffieHellman({ privateKey, publicKey: createPublicKey({ key: peers, format: 'der', type: 'spki' }) }),
  };
}
