import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import { clientOf, ElementCache } from './client.ts';
import { VoprfError } from './error.ts';
import type { Group } from './group.ts';
import { generateProof, type LoadedKey } from './prove.ts';
import {
  checkBatch,
  checkInput,
  checkScalar,
  encode,
  hashInput,
  randomScalar,
  suiteOf,
  type EncodedElement,
  type Suite,
} from './suite.ts';
import { finalizeTranscript } from './transcript.ts';
import type { Voprf, VoprfKeyPair, VoprfOptions } from './voprf.ts';

/**
 * RFC 9497 §2.2 and §3.3.2, line by line, over a group.
 *
 * Everything that a peer or a caller passes in is checked here: lengths, canonical encodings, the identity, the range
 * of scalars, the size of a batch, and that a public key belongs to its secret key.
 */
export function createVoprf<E>(group: Group<E>, options?: VoprfOptions): Voprf {
  const suite = suiteOf(group, options);
  const keys = new KeyCache(suite);
  const elements = new ElementCache(suite);
  return {
    ...clientOf(suite, elements),
    async generateKeyPair(random): Promise<VoprfKeyPair> {
      const secretKey = randomScalar(suite, random);
      return { secretKey, publicKey: (await keys.load(secretKey)).publicKey.bytes.slice() };
    },
    publicKey: async (secretKey) => (await keys.load(secretKey)).publicKey.bytes.slice(),
    async blindEvaluate(key, blindedElements, random) {
      checkBatch(blindedElements.length);
      const loaded = await keys.load(key.secretKey);
      if (!equalBytes(loaded.publicKey.bytes, key.publicKey)) {
        throw new VoprfError('key-mismatch', 'the public key is not the secret key’s');
      }
      const C = blindedElements.map((bytes) => elements.decode(bytes, 'blinded element'));
      return blindEvaluate(suite, loaded, C, random);
    },
    async evaluate(secretKey, input) {
      checkInput(input);
      return evaluate(suite, await keys.load(secretKey), input);
    },
  };
}

/** Secret keys that were loaded, each for as long as the caller holds the same array with the same bytes. */
class KeyCache<E> {
  readonly #suite: Suite<E>;
  readonly #keys = new WeakMap<Bytes, LoadedKey<E>>();

  constructor(suite: Suite<E>) {
    this.#suite = suite;
  }

  /** @throws {VoprfError} `bad-scalar` */
  async load(secretKey: Bytes): Promise<LoadedKey<E>> {
    const known = this.#keys.get(secretKey);
    if (known !== undefined && equalBytes(known.scalar, secretKey)) return known;
    checkScalar(this.#suite, secretKey, 'secret key');
    const { group } = this.#suite;
    const scalar = secretKey.slice();
    const secret = await group.load(scalar);
    const loaded = { scalar, secret, publicKey: encode(group, await secret.publicElement()) };
    this.#keys.set(secretKey, loaded);
    return loaded;
  }
}

/** BlindEvaluate (RFC 9497 §3.3.2). */
async function blindEvaluate<E>(
  suite: Suite<E>,
  key: LoadedKey<E>,
  C: readonly EncodedElement<E>[],
  random: Random,
): Promise<{ evaluatedElements: Bytes[]; proof: Bytes }> {
  const D: EncodedElement<E>[] = [];
  for (const { element } of C) D.push(encode(suite.group, await key.secret.multiply(element)));
  const proof = await generateProof(suite, key, C, D, random);
  return { evaluatedElements: D.map(({ bytes }) => bytes), proof };
}

/** Evaluate (RFC 9497 §3.3.2). */
async function evaluate<E>(suite: Suite<E>, key: LoadedKey<E>, input: Bytes): Promise<Bytes> {
  const { group } = suite;
  const evaluated = await key.secret.multiply(hashInput(suite, input));
  return group.hash(finalizeTranscript(input, group.serialize(evaluated)));
}
