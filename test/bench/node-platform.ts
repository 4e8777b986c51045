import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { nodeHpke } from '@sotto/ohttp/node';
import { nodeEcdhVoprf } from '@sotto/voprf/ecdh-node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { ristrettoProduct, type Platform } from './platform.ts';

/** The implementations that the Node entry files choose. */
export async function nodePlatform(): Promise<Platform> {
  const mine = generateKeyPairSync('x25519');
  const peers = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' });
  const privateKey = createPrivateKey({
    key: mine.privateKey.export({ format: 'der', type: 'pkcs8' }),
    format: 'der',
    type: 'pkcs8',
  });
  const p384 = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-384' }));
  const [scalar, point] = [p384[0]?.privateKey as KeyObject, p384[1]?.publicKey as KeyObject];
  const sodium = await loadSodium();
  return {
    hpke: nodeHpke(),
    ristretto255: sodiumVoprf(sodium),
    p384: nodeEcdhVoprf(),
    random: (length) => new Uint8Array(randomBytes(length)),
    x25519: () =>
      diffieHellman({ privateKey, publicKey: createPublicKey({ key: peers, format: 'der', type: 'spki' }) }),
    product: {
      r255: ristrettoProduct(sodium),
      p384: () => diffieHellman({ privateKey: scalar, publicKey: point }),
    },
  };
}
