import { describe, expect, test } from 'vitest';
import {
  decodeAmortizedBatchTokenRequest,
  decodeAmortizedBatchTokenResponse,
  encodeAmortizedBatchTokenResponse,
  issueAmortized,
  truncatedTokenKeyId,
  VOPRF_RISTRETTO255,
} from '@sotto/privacypass';
import type { VoprfKeyPair } from '@sotto/voprf';
import { concat, fromHex, hex, type Bytes } from '@sotto/wire';
import { memoryWallet } from '../src/index.ts';
import { voprf } from './support/issuer.ts';
import { bytesOf, DAY, seeded, START, World } from './support/world.ts';

const ISSUER = 'https://issuer.example/token-request';
const random = seeded('malice');
const OTHER = await voprf.generateKeyPair(random);
const OTHER_ID = truncatedTokenKeyId(OTHER.publicKey);
const N = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'); // the group's order, little-endian
const N_PLUS_1 = fromHex('eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
const ZERO = new Uint8Array(32);
const HIGHEST = new Uint8Array(32).fill(255);

interface Parts {
  readonly elements: Bytes[];
  readonly proof: Bytes;
}
type Malice = (honest: Parts, again: (key?: VoprfKeyPair) => Promise<Parts>) => Promise<Bytes> | Bytes;

const parts = (bytes: Bytes): Parts => {
  const { evaluatedMsgs, evaluatedProof } = decodeAmortizedBatchTokenResponse(VOPRF_RISTRETTO255, bytes);
  return { elements: [...evaluatedMsgs], proof: evaluatedProof };
};
const answer = ({ elements, proof }: Parts): Bytes =>
  encodeAmortizedBatchTokenResponse({ evaluatedMsgs: elements, evaluatedProof: proof });
const withScalar =
  (at: 0 | 32, scalar: Bytes): Malice =>
  ({ elements, proof }) =>
    answer({
      elements,
      proof: at === 0 ? concat(scalar, proof.subarray(32)) : concat(proof.subarray(0, 32), scalar),
    });
const withElement =
  (element: Bytes): Malice =>
  ({ elements, proof }) =>
    answer({ elements: [element, ...elements.slice(1)], proof });

const MALICE: Readonly<Record<string, Malice>> = {
  'another key for all': async (_honest, again) => answer(await again(OTHER)),
  'another key for one element': async ({ elements, proof }, again) => {
    const other = (await again(OTHER)).elements.slice(0, 1);
    return answer({ elements: [...other, ...elements.slice(1)], proof });
  },
  'another key for the last element': async ({ elements, proof }, again) => {
    const other = (await again(OTHER)).elements.slice(-1);
    return answer({ elements: [...elements.slice(0, -1), ...other], proof });
  },
  'two elements changed places': ({ elements, proof }) =>
    answer({
      elements: [...elements.slice(1, 2), ...elements.slice(0, 1), ...elements.slice(2)],
      proof,
    }),
  'the proof of another batch': async ({ elements }) => {
    const { blindedElement } = await voprf.blind(new Uint8Array(3), random);
    const { proof } = await voprf.blindEvaluate(OTHER, [blindedElement], random);
    return answer({ elements, proof });
  },
  'c = 0': withScalar(0, ZERO),
  'c = n': withScalar(0, N),
  'c = n + 1': withScalar(0, N_PLUS_1),
  'c = 2^256 - 1': withScalar(0, HIGHEST),
  's = 0': withScalar(32, ZERO),
  's = n': withScalar(32, N),
  's = n + 1': withScalar(32, N_PLUS_1),
  's = 2^256 - 1': withScalar(32, HIGHEST),
  'the identity for an element': withElement(ZERO),
  'no element at all': withElement(HIGHEST),
  'one element fewer': ({ elements, proof }) => answer({ elements: elements.slice(1), proof }),
  'one element more': ({ elements, proof }) =>
    answer({ elements: [...elements, ...elements.slice(0, 1)], proof }),
  'one byte fewer': (honest) => answer(honest).subarray(1),
  'one byte more': (honest) => concat(answer(honest), ZERO.subarray(0, 1)),
  nothing: () => new Uint8Array(),
};

const evaluations = new Map<string, Promise<Bytes>>();

/** A world whose issuer is honest except for its first response. */
async function worldOf(malice: Malice | null): Promise<World> {
  const world = await World.create('malice');
  let answers = 0;
  world.issuer.evaluate = async (key, body) => {
    const request = decodeAmortizedBatchTokenRequest(body);
    const known = evaluations.get(hex(body)) ?? issueAmortized(voprf, key, request, random);
    evaluations.set(hex(body), known);
    const evaluated = await known;
    if (malice === null || answers++ > 0) return evaluated;
    const again = async (other: VoprfKeyPair = key): Promise<Parts> => {
      const { evaluatedElements, proof } = await voprf.blindEvaluate(other, request.blindedMsgs, random);
      return { elements: evaluatedElements, proof };
    };
    return malice(parts(evaluated), again);
  };
  return world;
}

/** Everything that an issuer sees of a client over two epochs: times, header fields and bytes. */
async function transcript(malice: Malice | null): Promise<{ seen: unknown[]; code: string; kept: number[] }> {
  const world = await worldOf(malice);
  const wallet = memoryWallet();
  const seen: unknown[] = [];
  world.intercept = ({ url, init }) => {
    const { method, headers } = init;
    if (url === ISSUER) seen.push([world.now, method, headers, hex(bytesOf(init))]);
    return null;
  };
  const client = world.client({ wallet, batches: 2, random: seeded('client') });
  const code = await client.refill().then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
  const kept = [await wallet.update(({ tokens }) => tokens.length)];
  world.now = START + DAY;
  await client.refill();
  world.now = await wallet.update(({ schedules }) => schedules['stickers']?.dueAt ?? 0);
  await client.refill();
  kept.push(await wallet.update(({ tokens }) => tokens.length));
  return { seen, code, kept };
}

describe('I12 malicious issuer', () => {
  const honest = transcript(null);

  test.each(Object.entries(MALICE))(
    '%s: the whole batch is dropped, and later requests do not change',
    async (_name, malice) => {
      const { seen, code, kept } = await transcript(malice);
      expect(code).toBe('bad-batch');
      expect(kept).toEqual([30, 90]);
      expect(seen).toEqual((await honest).seen);
    },
  );

  test('an honest issuer: the same requests, and all tokens are kept', async () => {
    expect((await honest).code).toBe('none');
    expect((await honest).kept).toEqual([60, 120]);
  });

  test('the issuer’s own directory is never requested, so it cannot show one user another key', async () => {
    const world = await worldOf(null);
    const client = world.client({ restSeconds: 0 });
    await client.search('cat');
    expect(world.urls().filter((url) => url.startsWith('https://issuer.example'))).toEqual([ISSUER]);
  });

  test('malicious-issuer-key: evaluation under a key that is not in the bundle yields no token', async () => {
    const world = await World.create();
    world.issuer.evaluate = (_key, body) =>
      issueAmortized(
        voprf,
        OTHER,
        { ...decodeAmortizedBatchTokenRequest(body), truncatedTokenKeyId: OTHER_ID },
        random,
      );
    const wallet = memoryWallet();
    await expect(world.client({ wallet }).refill()).rejects.toMatchObject({ code: 'bad-batch' });
    expect(await wallet.update(({ tokens }) => tokens)).toEqual([]);
  });
});
