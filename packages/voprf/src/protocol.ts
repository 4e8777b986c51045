import { concat, equalBytes, type Bytes, type Random } from '@sotto/wire';
import { VoprfError } from './error.ts';
import type { Group, Secret } from './group.ts';
import {
  challengeTranscript,
  compositeTranscript,
  finalizeTranscript,
  seedTranscript,
  tags,
} from './transcript.ts';
import { VOPRF_SIZES, type Voprf, type VoprfItem, type VoprfKeyPair } from './voprf.ts';

const MAX_INPUT = 2 ** 16 - 1; // bytes (RFC 9497 §1.2)
const MAX_BATCH = 2 ** 16 - 1; // elements: I2OSP(i, 2)

/** An element and its one encoding, which the transcripts want. */
interface Encoded<E> {
  readonly bytes: Bytes;
  readonly element: E;
}

function checkInput(input: Bytes): void {
  if (input.length > MAX_INPUT) throw new VoprfError('bad-input', `input: ${input.length} bytes`);
}

function nonIdentity<T>(element: T | null, code: 'bad-input' | 'proof-failed'): T {
  if (element === null) throw new VoprfError(code, 'an element is the identity');
  return element;
}

function checkBatch(size: number): void {
  if (size === 0) throw new VoprfError('empty-batch', 'no elements');
  if (size > MAX_BATCH) throw new VoprfError('batch-too-large', `${size} elements`);
}

interface LoadedKey<E> {
  readonly scalar: Bytes;
  readonly secret: Secret<E>;
  readonly publicKey: Encoded<E>;
}

/**
 * RFC 9497 §2.2 and §3.3.2, line by line, over a group.
 *
 * Whatever a peer or a caller hands in is checked here: lengths, canonical encodings, the identity, ranges
 * of scalars, the size of a batch, and that a public key belongs to its secret key.
 */
export function createVoprf<E>(group: Group<E>): Voprf {
  const { Ne, Ns, Nh } = VOPRF_SIZES[group.suite];
  const dst = tags(group.suite);
  const ZERO = new Uint8Array(Ns);
  const generator = encoded(group.generator);
  const keys = new WeakMap<Bytes, LoadedKey<E>>();
  /** What isElement has decoded: an issuer checks a batch before it counts it, and then evaluates it. */
  const checked = new WeakMap<Bytes, Encoded<E>>();

  function encoded(element: E): Encoded<E> {
    return { bytes: group.serialize(element), element };
  }

  function deserialize(bytes: Bytes, field: string): Encoded<E> {
    const known = checked.get(bytes);
    if (known !== undefined && equalBytes(known.bytes, bytes)) return known;
    const element = group.deserialize(bytes);
    if (element === null) throw new VoprfError('bad-element', `${field}: not an element of ${Ne} bytes`);
    return { bytes, element };
  }

  function checkScalar(bytes: Bytes, field: string): Bytes {
    if (!group.isScalar(bytes) || equalBytes(bytes, ZERO)) {
      throw new VoprfError('bad-scalar', `${field}: not a scalar of ${Ns} bytes in 1..n-1`);
    }
    return bytes;
  }

  /** A long-lived key, loaded once for as long as the caller holds the same array, unchanged. */
  async function loadKey(secretKey: Bytes): Promise<LoadedKey<E>> {
    const known = keys.get(secretKey);
    if (known !== undefined && equalBytes(known.scalar, secretKey)) return known;
    const scalar = checkScalar(secretKey, 'secret key').slice();
    const secret = await group.load(scalar);
    const loaded = { scalar, secret, publicKey: encoded(await secret.publicElement()) };
    keys.set(secretKey, loaded);
    return loaded;
  }

  /** RandomScalar (RFC 9497 §2.1) out of 1.5 * Ns bytes: at least 64 bits more than n has. */
  function randomScalar(random: Random): Bytes {
    const wide = random(Ns + Ns / 2);
    if (wide.length !== Ns + Ns / 2) throw new VoprfError('bad-random', `random gave ${wide.length} bytes`);
    const scalar = group.reduce(wide);
    if (equalBytes(scalar, ZERO)) throw new VoprfError('bad-random', 'random gave zero');
    return scalar;
  }

  /** The weights d_i of ComputeComposites (RFC 9497 §2.2.1). */
  function weights(B: Bytes, C: readonly Encoded<E>[], D: readonly Encoded<E>[]): Bytes[] {
    const seed = group.hash(seedTranscript(B, dst.seed));
    return C.map((Ci, i) =>
      group.hashToScalar(
        compositeTranscript(seed, i, Ci.bytes, (D[i] as Encoded<E>).bytes),
        dst.hashToScalar,
      ),
    );
  }

  function combine(scalars: readonly Bytes[], list: readonly Encoded<E>[]): Encoded<E> {
    const sum = group.combine(
      scalars,
      list.map(({ element }) => element),
    );
    return encoded(nonIdentity(sum, 'proof-failed'));
  }

  function challenge(...elements: readonly Encoded<E>[]): Bytes {
    return group.hashToScalar(challengeTranscript(...elements.map(({ bytes }) => bytes)), dst.hashToScalar);
  }

  /** GenerateProof, with ComputeCompositesFast (RFC 9497 §2.2.1). */
  async function generateProof(
    k: LoadedKey<E>,
    C: readonly Encoded<E>[],
    D: readonly Encoded<E>[],
    random: Random,
  ): Promise<Bytes> {
    const B = k.publicKey;
    const M = combine(weights(B.bytes, C, D), C);
    const Z = encoded(await k.secret.multiply(M.element));
    const r = randomScalar(random);
    const secretR = await group.load(r);
    const t2 = encoded(await secretR.publicElement());
    const t3 = encoded(await secretR.multiply(M.element));
    const c = challenge(B, M, Z, t2, t3);
    return concat(c, group.respond(r, c, k.scalar));
  }

  /** VerifyProof (RFC 9497 §2.2.2). */
  function verifyProof(
    B: Encoded<E>,
    C: readonly Encoded<E>[],
    D: readonly Encoded<E>[],
    proof: Bytes,
  ): void {
    const c = proof.subarray(0, Ns);
    const s = proof.subarray(Ns);
    if (!group.isScalar(c) || !group.isScalar(s)) throw new VoprfError('proof-failed', 'not two scalars');
    const di = weights(B.bytes, C, D);
    const M = combine(di, C);
    const Z = combine(di, D);
    const t2 = combine([s, c], [generator, B]);
    const t3 = combine([s, c], [M, Z]);
    if (!equalBytes(c, challenge(B, M, Z, t2, t3)))
      throw new VoprfError('proof-failed', 'the proof does not verify');
  }

  return {
    suite: group.suite,
    Ne,
    Ns,
    Nh,

    generateKeyPair(random: Random): VoprfKeyPair {
      const secretKey = randomScalar(random);
      return { secretKey, publicKey: group.serialize(group.publicOf(secretKey)) };
    },

    publicKey(secretKey: Bytes): Bytes {
      return group.serialize(group.publicOf(checkScalar(secretKey, 'secret key')));
    },

    blind(input: Bytes, random: Random): { blind: Bytes; blindedElement: Bytes } {
      checkInput(input);
      const inputElement = nonIdentity(group.hashToGroup(input, dst.hashToGroup), 'bad-input');
      const blind = randomScalar(random);
      return { blind, blindedElement: group.serialize(group.multiplyOnce(inputElement, blind)) };
    },

    async blindEvaluate(key: VoprfKeyPair, blindedElements: readonly Bytes[], random: Random) {
      checkBatch(blindedElements.length);
      const k = await loadKey(key.secretKey);
      if (!equalBytes(k.publicKey.bytes, key.publicKey))
        throw new VoprfError('key-mismatch', 'another key is public');
      const C = blindedElements.map((bytes) => deserialize(bytes, 'blinded element'));
      const D: Encoded<E>[] = [];
      for (const { element } of C) D.push(encoded(await k.secret.multiply(element)));
      const proof = await generateProof(k, C, D, random);
      return { evaluatedElements: D.map(({ bytes }) => bytes), proof };
    },

    async finalize(publicKey: Bytes, items: readonly VoprfItem[], proof: Bytes): Promise<Bytes[]> {
      checkBatch(items.length);
      for (const { input, blind } of items) {
        checkInput(input);
        checkScalar(blind, 'blind');
      }
      const B = deserialize(publicKey, 'public key');
      const C = items.map(({ blindedElement }) => deserialize(blindedElement, 'blinded element'));
      const D = items.map(({ evaluatedElement }) => deserialize(evaluatedElement, 'evaluated element'));
      verifyProof(B, C, D, proof);
      const inverses = group.invert(items.map(({ blind }) => blind));
      const outputs: Bytes[] = [];
      for (const [i, { input }] of items.entries()) {
        const secret = await group.load(inverses[i] as Bytes);
        const unblinded = await secret.multiply((D[i] as Encoded<E>).element);
        outputs.push(group.hash(finalizeTranscript(input, group.serialize(unblinded))));
      }
      return outputs;
    },

    async evaluate(secretKey: Bytes, input: Bytes): Promise<Bytes> {
      checkInput(input);
      const { secret } = await loadKey(secretKey);
      const inputElement = nonIdentity(group.hashToGroup(input, dst.hashToGroup), 'bad-input');
      const evaluated = await secret.multiply(inputElement);
      return group.hash(finalizeTranscript(input, group.serialize(evaluated)));
    },

    isElement(bytes: Bytes): boolean {
      const element = group.deserialize(bytes);
      if (element !== null) checked.set(bytes, { bytes: bytes.slice(), element });
      return element !== null;
    },
  };
}
