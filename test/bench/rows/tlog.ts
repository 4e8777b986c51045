import { ed25519 } from '@noble/curves/ed25519.js';
import { nobleEd25519Verify } from '@sotto/bundle';
import { parsePolicy, verifyProof } from '@sotto/tlog';
import type { Bytes } from '@sotto/wire';
import { policyFile, proofOf } from '../../support/bundle-log.ts';
import type { Row } from '../row.ts';

const EPOCHS = 3650; // ten years of bundles
const BUNDLE_BYTES = 4096;
const ENTRY = new Uint8Array(BUNDLE_BYTES).fill(7);
const policy = parsePolicy(policyFile(20_788));

/**
 * The proof that comes with a key bundle: the log's signature, three cosignatures and the path. Beside it the four bare
 * verifications of the peer, and as a limit those of WebCrypto.
 */
export async function tlogRows(): Promise<Row[]> {
  const index = EPOCHS - 1;
  const entries = Array.from({ length: EPOCHS }, (_, i) => (i === index ? ENTRY : Uint8Array.of(i, i >> 8)));
  const proof = proofOf(entries, index);
  const verified: {
    readonly key: CryptoKey;
    readonly signature: Bytes;
    readonly message: Bytes;
    readonly raw: Bytes;
  }[] = [];
  const calls: [Bytes, Bytes, Bytes][] = [];
  const ours = (verify = nobleEd25519Verify): boolean =>
    verifyProof(ENTRY, proof, { policy, index, ed25519Verify: verify }).size === EPOCHS;
  ours((signature, message, publicKey) => {
    calls.push([signature, message, publicKey]);
    return nobleEd25519Verify(signature, message, publicKey);
  });
  for (const [signature, message, raw] of calls) {
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    verified.push({ key, signature, message, raw });
  }
  const theirs = (): boolean =>
    verified.every(({ signature, message, raw }) =>
      ed25519.verify(signature, message, raw, { zip215: false }),
    );
  const limit = async (): Promise<boolean> => {
    const all = verified.map(({ key, signature, message }) =>
      crypto.subtle.verify('Ed25519', key, signature, message),
    );
    return (await Promise.all(all)).every(Boolean);
  };
  return [
    {
      name: 'tlog.verify-proof',
      peer: '@noble/curves',
      ours: () => ours(),
      theirs,
      limit,
      check: async () => {
        if (verified.length !== 4 || !ours() || !theirs() || !(await limit()))
          throw new Error('tlog.verify-proof: four signatures do not verify');
      },
    },
  ];
}
