import { nobleVoprf, type Voprf, type VoprfKeyPair } from '@sotto/voprf';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import { concat, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../voprf/test/support.ts';
import { scalarEdges } from '../../voprf/test/elements.ts';
import {
  createTokenRequests,
  decodeAmortizedBatchTokenRequest,
  decodeAmortizedBatchTokenResponse,
  encodeAmortizedBatchTokenResponse,
  encodeTokenChallenge,
  issueAmortized,
  PrivacyPassError,
  serviceChallenge,
  truncatedTokenKeyId,
} from '../src/index.ts';

const COUNT = 3;

/** Ways in which an issuer can manipulate a response; each returns the bytes that the client receives. */
async function attacks(voprf: Voprf, type: number, request: Bytes, key: VoprfKeyPair) {
  const random = seeded(21);
  const decoded = decodeAmortizedBatchTokenRequest(request);
  const issue = async (by: typeof key, blindedMsgs = decoded.blindedMsgs) => {
    const named = { ...decoded, truncatedTokenKeyId: truncatedTokenKeyId(by.publicKey), blindedMsgs };
    return decodeAmortizedBatchTokenResponse(type, await issueAmortized(voprf, by, named, random));
  };
  const honest = await issue(key);
  const other = await issue(await voprf.generateKeyPair(random));
  const others = await Promise.all(Array.from({ length: COUNT }, () => voprf.blind(random(98), random)));
  const elsewhere = others.map(({ blindedElement }) => blindedElement);
  const batchOfAnother = await issue(key, elsewhere);
  const c = honest.evaluatedProof.subarray(0, voprf.Ns);
  const s = honest.evaluatedProof.subarray(voprf.Ns);
  const [first, second, third] = honest.evaluatedMsgs as [Bytes, Bytes, Bytes];
  const answer = (evaluatedMsgs: readonly Bytes[], evaluatedProof = honest.evaluatedProof) =>
    encodeAmortizedBatchTokenResponse({ evaluatedMsgs, evaluatedProof });
  const whole = answer(honest.evaluatedMsgs);

  return {
    honest: whole,
    attacks: new Map<string, Bytes>([
      ['another key', encodeAmortizedBatchTokenResponse(other)],
      ['one element under another key', answer([first, other.evaluatedMsgs[1] ?? first, third])],
      ['another key, with the honest proof', answer(other.evaluatedMsgs)],
      ['elements in another order', answer([second, first, third])],
      ['one element twice', answer([first, first, third])],
      ['the proof of another batch', answer(honest.evaluatedMsgs, batchOfAnother.evaluatedProof)],
      ['another batch and its proof', encodeAmortizedBatchTokenResponse(batchOfAnother)],
      ['one element less', answer([first, second])],
      ['one element more', answer([first, second, third, third])],
      ['the blinded elements back', answer(decoded.blindedMsgs)],
      ['the identity', answer([first, second, new Uint8Array(voprf.Ne)])],
      ['an element that is none', answer([first, second, new Uint8Array(voprf.Ne).fill(0xff)])],
      ['c and s exchanged', answer(honest.evaluatedMsgs, concat(s, c))],
      ...scalarEdges(voprf).flatMap(({ name, scalar }): [string, Bytes][] => [
        [`c = ${name}`, answer(honest.evaluatedMsgs, concat(scalar, s))],
        [`s = ${name}`, answer(honest.evaluatedMsgs, concat(c, scalar))],
        [`c = s = ${name}`, answer(honest.evaluatedMsgs, concat(scalar, scalar))],
      ]),
      ['a response cut short', whole.subarray(0, -1)],
      ['a byte more', concat(whole, Uint8Array.of(0))],
      ['nothing', new Uint8Array(0)],
    ]),
  };
}

describe.each([
  { type: 1, name: 'noble', voprf: nobleVoprf('P384-SHA384') },
  { type: 5, name: 'noble', voprf: nobleVoprf('ristretto255-SHA512') },
  { type: 5, name: 'sodium', voprf: sodiumVoprf(await loadSodium()) },
])('I12 a malicious issuer of type $type ($name)', async ({ type, voprf }) => {
  const random = seeded(5);
  const key = await voprf.generateKeyPair(random);
  const challenge = encodeTokenChallenge(
    serviceChallenge({ tokenType: type, issuerName: 'issuer.example', service: 'stickers', epoch: 0 }),
  );
  const common = { voprf, tokenType: type, publicKey: key.publicKey, challenge, random };
  const pending = await createTokenRequests({ ...common, count: COUNT, kind: 'amortized' });
  const { honest, attacks: all } = await attacks(voprf, type, pending.request, key);

  test('an honest response gives all tokens', async () => {
    expect(await pending.finish(honest)).toHaveLength(COUNT);
  });

  test.each([...all])(
    'I12 %s: the whole batch is refused with bad-response, without the reason',
    async (_, response) => {
      const error: unknown = await pending.finish(response).then(
        () => null,
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(PrivacyPassError);
      expect(error).toMatchObject({
        code: 'bad-response',
        message: 'the response is not one that an honest issuer sends',
      });
    },
  );
});

test('createTokenRequests refuses a request that it could not finish', async () => {
  const voprf = nobleVoprf('ristretto255-SHA512');
  const random = seeded(5);
  const { publicKey } = await voprf.generateKeyPair(random);
  const challenge = encodeTokenChallenge(
    serviceChallenge({ tokenType: 5, issuerName: 'i', service: 's', epoch: 0 }),
  );
  const asked = { voprf, tokenType: 5, publicKey, challenge, count: 1, kind: 'single', random } as const;
  const code = async (change: object) => {
    try {
      await createTokenRequests({ ...asked, ...change });
      return null;
    } catch (error) {
      return error instanceof PrivacyPassError ? error.code : 'a bug';
    }
  };
  expect(await code({})).toBe(null);
  expect(await code({ tokenType: 1 })).toBe('unknown-token-type');
  expect(await code({ tokenType: 2 })).toBe('unknown-token-type');
  expect(await code({ challenge: Uint8Array.of(0, 1, ...challenge.subarray(2)) })).toBe('mixed-types');
  expect(await code({ count: 2 })).toBe('empty-batch');
  expect(await code({ count: 0, kind: 'amortized' })).toBe('empty-batch');
  expect(await code({ publicKey: new Uint8Array(32) })).toBe('bad-element');
  expect(await code({ publicKey: publicKey.subarray(1) })).toBe('bad-element');
});
