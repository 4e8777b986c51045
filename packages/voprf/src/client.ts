import { equalBytes, type Bytes, type Random } from '@sotto/wire';
import type { Group } from './group.ts';
import { verifyProof } from './proof.ts';
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
import type { VoprfClient, VoprfItem, VoprfOptions } from './voprf.ts';

/** `createVoprf` without what a server needs, which a page need not load. */
export function createVoprfClient<E>(group: Group<E>, options?: VoprfOptions): VoprfClient {
  const suite = suiteOf(group, options);
  return clientOf(suite, new ElementCache(suite));
}

export function clientOf<E>(suite: Suite<E>, elements: ElementCache<E>): VoprfClient {
  return {
    suite: suite.group.suite,
    Ne: suite.Ne,
    Ns: suite.Ns,
    Nh: suite.Nh,
    blind: (input, random) => blind(suite, elements, input, random),
    finalize: (publicKey, items, proof) => finalize(suite, elements, publicKey, items, proof),
    isElement: (bytes) => elements.check(bytes),
  };
}

/**
 * Decoded elements, each for as long as the caller holds the same array with the same bytes: an issuer checks a batch
 * before it counts it, and evaluates it afterwards; a client verifies a proof over the elements that it blinded.
 */
export class ElementCache<E> {
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
  const [blindedElement] = (await multiplyEach(suite, [scalar], [inputElement])) as [EncodedElement<E>];
  elements.keep(blindedElement);
  return { blind: scalar, blindedElement: blindedElement.bytes };
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
  suite: Suite<E>,
  items: readonly VoprfItem[],
  D: readonly EncodedElement<E>[],
): Promise<Bytes[]> {
  const inverses = suite.group.invert(items.map(({ blind: scalar }) => scalar));
  const evaluated = D.map(({ element }) => element);
  const unblinded = await multiplyEach(suite, inverses, evaluated);
  return unblinded.map(({ bytes }, i) =>
    suite.group.hash(finalizeTranscript((items[i] as VoprfItem).input, bytes)),
  );
}

async function multiplyEach<E>(
  { group, pause }: Suite<E>,
  scalars: readonly Bytes[],
  elements: readonly E[],
): Promise<EncodedElement<E>[]> {
  if (group.multiplyEach) return group.multiplyEach(scalars, elements, pause);
  const products: EncodedElement<E>[] = [];
  for (const [i, element] of elements.entries()) {
    await pause();
    const secret = await group.load(scalars[i] as Bytes);
    products.push(encode(group, await secret.multiply(element)));
  }
  return products;
}
