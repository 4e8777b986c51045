import { KEM, OHTTP_KEY_PROBLEM, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import { concat, equalBytes, fromHex, fromUtf8, type Bytes } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';
import {
  cannotTell,
  fail,
  inner,
  isSealed,
  NoResponseError,
  NOWHERE,
  pass,
  post,
  refused,
  seal,
  sealingOf,
  type Finding,
  type Live,
  type ProbeResponse,
  type Row,
} from './live.ts';

const MOST_SUITES = 8;

/** A request with an inner response: to the target, or else to an authority that the gateway refuses. */
const validRequest = (live: Live) => inner(live, live.target ?? { authority: NOWHERE });

const good = (live: Live) => seal(live, inner(live, { authority: NOWHERE }));

/** Sends malformed envelopes. Each must be refused with a 4xx (RFC 9458 §5.2). */
async function allRefused(live: Live, malformed: readonly Bytes[]): Promise<Finding> {
  for (const [i, bytes] of malformed.entries()) {
    const response = await post(live, bytes);
    if (!refused(response)) return fail(`variant ${i + 1} of ${malformed.length}: HTTP ${response.status}`);
  }
  return pass(malformed.length > 1 ? `${malformed.length} variants` : '');
}

const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

const plainHttp: Row = {
  id: '9458/6/1',
  class: 1,
  level: 'MUST',
  title: 'an envelope over plain http gets no encapsulated response',
  check: async (live) => {
    if (!live.resource.startsWith('https:')) return cannotTell('http to a loopback address, for development');
    const { bytes } = await good(live);
    try {
      const response = await post({ ...live, resource: live.resource.replace('https:', 'http:') }, bytes);
      return isSealed(response) ? fail('it was accepted') : pass(`HTTP ${response.status}`);
    } catch (error) {
      if (error instanceof NoResponseError) return pass('no response');
      throw error;
    }
  },
};

const truncated: Row = {
  id: '9458/4.3/1',
  class: 1,
  level: 'MUST',
  title: 'a truncated envelope is refused with a 4xx',
  check: async (live) => {
    const { bytes } = await good(live);
    const cuts = [7, 20, 60, bytes.length - 17, bytes.length - 1];
    return allRefused(
      live,
      cuts.map((cut) => bytes.subarray(0, cut)),
    );
  },
};

const flippedBit: Row = {
  id: '9458/4.3/2',
  class: 1,
  level: 'MUST',
  title: 'an envelope with one flipped bit is refused with a 4xx',
  check: async (live) => {
    const { bytes } = await good(live);
    return allRefused(
      live,
      [8, bytes.length - 100, bytes.length - 1].map((at) => flipped(bytes, at)),
    );
  },
};

const trailing: Row = {
  id: '9458/4.3/3',
  class: 1,
  level: 'MUST',
  title: 'an envelope with trailing bytes is refused with a 4xx',
  check: async (live) => allRefused(live, [concat((await good(live)).bytes, live.random(3))]),
};

const algorithms: Row = {
  id: '9458/4.3/4',
  class: 1,
  level: 'MUST',
  title: 'unknown KEM, KDF and AEAD are refused with a 4xx',
  check: async (live) => {
    const { bytes } = await good(live);
    const withWord = (at: number): Bytes =>
      concat(bytes.subarray(0, at), Uint8Array.of(255, 255), bytes.subarray(at + 2));
    return allRefused(live, [1, 3, 5].map(withWord));
  },
};

/** The offered keys and suites that this probe supports. */
const usable = ({ hpke, offered }: Live): { config: KeyConfig; suite: SuiteIds }[] =>
  offered
    .filter(({ kemId }) => hpke.kems.some(({ id }) => id === kemId))
    .flatMap((config) => config.suites.map((suite) => ({ config, suite })))
    .filter(({ suite: { kdfId } }) => hpke.kdfs.some(({ id }) => id === kdfId))
    .filter(({ suite: { aeadId } }) => hpke.aeads.some(({ id }) => id === aeadId));

const suites: Row = {
  id: '9458/4.3/5',
  class: 1,
  level: 'MUST',
  title: 'every suite that the keys offer works',
  check: async (live) => {
    const all = usable(live).slice(0, MOST_SUITES);
    for (const { config, suite } of all) {
      const { bytes, open } = await seal(live, validRequest(live), { config, suite });
      const response = await post(live, bytes);
      const name = `key ${config.keyId}, KEM ${config.kemId}, KDF ${suite.kdfId}, AEAD ${suite.aeadId}`;
      if (!isSealed(response)) return fail(`${name}: HTTP ${response.status}`);
      await open(response);
    }
    return all.length === 0 ? cannotTell('no suite that this probe supports') : pass(`${all.length} suites`);
  },
};

const unknownKey = async (live: Live): Promise<ProbeResponse> => {
  const { bytes } = await good(live);
  const { keyIds } = sealingOf(live);
  const unknown = Array.from({ length: 256 }, (_, i) => 255 - i).find((id) => !keyIds.has(id)) ?? 255;
  return post(live, concat(Uint8Array.of(unknown), bytes.subarray(1)));
};

const unknownKeyId: Row = {
  id: '9458/5.2/4',
  class: 1,
  level: 'MUST',
  title: 'an unknown key id is refused with a 4xx',
  check: async (live) => {
    const response = await unknownKey(live);
    return refused(response) ? pass(`${response.status}`) : fail(`HTTP ${response.status}`);
  },
};

const keyProblem: Row = {
  id: '9458/5.3/1',
  class: 1,
  level: 'MAY',
  title: 'an unknown key id is named by the problem type #ohttp-key',
  check: async (live) => {
    const response = await unknownKey(live);
    return problemType(response) === OHTTP_KEY_PROBLEM
      ? pass(`${response.status}`)
      : fail(`HTTP ${response.status} without the problem type`);
  },
};

function problemType({ headers, body }: ProbeResponse): unknown {
  if (mediaType(headers) !== 'application/problem+json') return null;
  try {
    return (JSON.parse(fromUtf8(body)) as { type?: unknown } | null)?.type;
  } catch {
    return null;
  }
}

/** Points of low order on curve25519: the shared secret would be zero (RFC 9180 §7.1.4). */
const LOW_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map((text) => fromHex(text));

const lowOrder: Row = {
  id: '9180/7.1.4/1',
  class: 1,
  level: 'MUST',
  title: 'seven points of low order are refused with a 4xx',
  check: async (live) => {
    const x25519 = usable(live).find(({ config }) => config.kemId === KEM.X25519);
    if (x25519 === undefined) return cannotTell('no X25519 key is offered');
    const { bytes } = await seal(live, inner(live, { authority: NOWHERE }), x25519);
    return allRefused(
      live,
      LOW_ORDER.map((point) => concat(bytes.subarray(0, 7), point, bytes.subarray(39))),
    );
  },
};

const nonces: Row = {
  id: '9458/4.4/1',
  class: 1,
  level: 'MUST',
  title: 'two responses have different nonces',
  check: async (live) => {
    const found: Bytes[] = [];
    for (let i = 0; i < 2; i++) {
      const response = await post(live, (await seal(live, validRequest(live))).bytes);
      if (!isSealed(response)) return cannotTell(`the gateway responded HTTP ${response.status} outside`);
      found.push(response.body.subarray(0, 16)); // max(Nn, Nk) is at least 16
    }
    const [one = new Uint8Array(0), two = new Uint8Array(0)] = found;
    return equalBytes(one, two) ? fail('the nonce repeats') : pass();
  },
};

/** Class 1: checks of envelopes, valid and malformed. */
export const ENVELOPE_ROWS: readonly Row[] = [
  plainHttp,
  truncated,
  flippedBit,
  trailing,
  algorithms,
  suites,
  unknownKeyId,
  keyProblem,
  lowOrder,
  nonces,
];
