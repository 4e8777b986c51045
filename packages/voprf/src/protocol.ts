import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import { VoprfError } from './error.ts';
import type { Group } from './group.ts';
import { generateProof, verifyProof, type LoadedKey } from './proof.ts';
import {
  checkBatch,
  checkInput,
  checkScalar,
  decode,
  encode,
  hashInput,
  randomScalar,
  suiteOf,
  type EncodedElement,
  type Suite,
} from './suite.ts';
import { finalizeTranscript } from './transcript.ts';
import type { Voprf, VoprfItem, VoprfKeyPair, VoprfOptions } from './voprf.ts';

/**
 * RFC 9497 §2.2 and §3.3.2, line by line, over a group.
 *
 * Everything that a peer or a caller passes in is checked here: lengths, canonical encodings, the identity, the range
 * of scalars, the size of a batch, and that a public key belongs to its secret key.
 */
export function createVoprf<E>(group: Group<E>, options: VoprfOptions = {}): Voprf {
  const suite = suiteOf(group, options);
  const keys = new KeyCache(suite);
  const elements = new ElementCache(suite);
  return {
    suite: group.suite,
    Ne: suite.Ne,
    Ns: suite.Ns,
    Nh: suite.Nh,
    async generateKeyPair(random): Promise<VoprfKeyPair> {
      const secretKey = randomScalar(suite, random);
      return { secretKey, publicKey: (await keys.load(secretKey)).publicKey.bytes.slice() };
    },
    publicKey: async (secretKey) => (await keys.load(secretKey)).publicKey.bytes.slice(),
    blind: (input, random) => blind(suite, elements, input, random),
    async blindEvaluate(key, blindedElements, random) {
      checkBatch(blindedElements.length);
      const loaded = await keys.load(key.secretKey);
      if (!equalBytes(loaded.publicKey.bytes, key.publicKey)) {
        throw new VoprfError('key-mismatch', 'the public key is not the secret key’s');
      }
      const C = blindedElements.map((bytes) => elements.decode(bytes, 'blinded element'));
      return blindEvaluate(suite, loaded, C, random);
    },
    finalize: (publicKey, items, proof) => finalize(suite, elements, publicKey, items, proof),
    async evaluate(secretKey, input) {
      checkInput(input);
      return evaluate(suite, await keys.load(secretKey), input);
    },
    isElement: (bytes) => elements.check(bytes),
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

/**
 * Decoded elements, each for as long as the caller holds the same array with the same bytes: an issuer checks a batch
 * before it counts it, and evaluates it afterwards; a client verifies a proof over the elements that it blinded.
 */
class ElementCache<E> {
  readonly #suite: Suite<E>;
  readonly #known = new WeakMap<Bytes, EncodedElement<E>>();

  constructor(suite: Suite<E>) {
    this.#suite = suite;
  }

  check(bytes: Bytes): boolean {
    const element = this.#suite.group.deserialize(bytes);
    if (element !== null) this.keep({ bytes, element });
    return element !== null;
  }

  keep({ bytes, element }: EncodedElement<E>): void {
    this.#known.set(bytes, { bytes: bytes.slice(), element });
  }

  /** @throws {VoprfError} `bad-element` */
  decode(bytes: Bytes, field: string): EncodedElement<E> {
    const known = this.#known.get(bytes);
    if (known !== undefined && equalBytes(known.bytes, bytes)) return known;
    return decode(this.#suite, bytes, field);
  }
}

/** Blind (RFC 9497 §3.3.2). */
async function blind<E>(
  suite: Suite<E>,
  elements: ElementCache<E>,
  input: Bytes,
  random: Random,
): Promise<{ blind: Bytes; blindedElement: Bytes }> {
  checkInput(input);
  const inputElement = hashInput(suite, input);
  const scalar = randomScalar(suite, random);
  await suite.pause();
  const secret = await suite.group.load(scalar);
  const blindedElement = encode(suite.group, await secret.multiply(inputElement));
  elements.keep(blindedElement);
  return { blind: scalar, blindedElement: blindedElement.bytes };
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

/** Finalize (RFC 9497 §3.3.2). */
async function finalize<E>(
  suite: Suite<E>,
  elements: ElementCache<E>,
  publicKey: Bytes,
  items: readonly VoprfItem[],
  proof: Bytes,
): Promise<Bytes[]> {
  checkBatch(items.length);
  for (const item of items) {
    checkInput(item.input);
    checkScalar(suite, item.blind, 'blind');
  }
  const B = elements.decode(publicKey, 'public key');
  const C = items.map(({ blindedElement }) => elements.decode(blindedElement, 'blinded element'));
  const D = items.map(({ evaluatedElement }) => elements.decode(evaluatedElement, 'evaluated element'));
  await suite.pause();
  await verifyProof(suite, B, C, D, proof);
  return unblind(suite, items, D);
}

async function unblind<E>(
  { group, pause }: Suite<E>,
  items: readonly VoprfItem[],
  D: readonly EncodedElement<E>[],
): Promise<Bytes[]> {
  const inverses = group.invert(items.map((item) => item.blind));
  const outputs: Bytes[] = [];
  for (const [i, { input }] of items.entries()) {
    await pause();
    const secret = await group.load(inverses[i] as Bytes);
    const unblinded = await secret.multiply((D[i] as EncodedElement<E>).element);
    outputs.push(group.hash(finalizeTranscript(input, group.serialize(unblinded))));
  }
  return outputs;
}

/** Evaluate (RFC 9497 §3.3.2). */
async function evaluate<E>(suite: Suite<E>, key: LoadedKey<E>, input: Bytes): Promise<Bytes> {
  const { group } = suite;
  const evaluated = await key.secret.multiply(hashInput(suite, input));
  return group.hash(finalizeTranscript(input, group.serialize(evaluated)));
}
