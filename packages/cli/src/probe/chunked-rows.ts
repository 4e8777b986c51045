import { encodeRequest } from '@sotto/bhttp';
import {
  encapsulateChunkedRequest,
  MAX_CHUNK,
  MEDIA_TYPES,
  type AeadKey,
  type Hpke,
  type Pull,
} from '@sotto/ohttp';
import { concat, EMPTY, equalBytes, varint, type Bytes } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';
import {
  cannotTell,
  fail,
  inner,
  isSealed,
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

const UNSUPPORTED = cannotTell('chunked envelopes are not accepted');

/** A chunked envelope in its parts, and what else its key can seal. */
interface ChunkedEnvelope {
  readonly head: Bytes; // header and enc
  readonly chunks: readonly Bytes[]; // the final one last
  readonly open: (source: Pull) => Pull;
  /** An empty chunk that is not final, in the place of the first one. */
  readonly empty: Bytes;
}

/** Seals these pieces, one chunk each. */
async function chunked(live: Live, pieces: readonly Bytes[]): Promise<ChunkedEnvelope> {
  const { config, suite } = sealingOf(live);
  const { hpke, sealed } = watched(live.hpke);
  const left = [...pieces];
  const exchange = await encapsulateChunkedRequest(
    hpke,
    config,
    suite,
    live.random,
    async () => left.shift() ?? null,
  );
  const parts: Bytes[] = [];
  for (let part = await exchange.body(); part !== null; part = await exchange.body()) parts.push(part);
  const [head = EMPTY, ...chunks] = parts;
  const [first] = sealed;
  const ct = first === undefined ? EMPTY : await first.key.seal(first.nonce, EMPTY, EMPTY);
  return { head, chunks, open: exchange.openResponse, empty: concat(varint(ct.length), ct) };
}

interface Sealed {
  readonly key: AeadKey;
  readonly nonce: Bytes;
}

/** The same HPKE, which remembers the keys and nonces that it sealed with. */
function watched(hpke: Hpke): { hpke: Hpke; sealed: Sealed[] } {
  const sealed: Sealed[] = [];
  const aeads = hpke.aeads.map(({ id, Nk, Nn, Nt, ...aead }) => ({
    id,
    Nk,
    Nn,
    Nt,
    load: async (bytes: Bytes): Promise<AeadKey> => {
      const key = await aead.load(bytes);
      return {
        open: (nonce, aad, ct) => key.open(nonce, aad, ct),
        seal: (nonce, aad, pt) => {
          sealed.push({ key, nonce });
          return key.seal(nonce, aad, pt);
        },
      };
    },
  }));
  return { hpke: { ...hpke, aeads }, sealed };
}

const send = (live: Live, body: Bytes): Promise<ProbeResponse> =>
  post(live, body, { type: MEDIA_TYPES.chunkedRequest, headers: { incremental: '?1' } });

/** Whether the response opens to its final chunk. */
async function whole(open: ChunkedEnvelope['open'], { body }: ProbeResponse): Promise<number | null> {
  const source = [body];
  try {
    const pull = open(async () => source.shift() ?? null);
    let length = 0;
    for (let chunk = await pull(); chunk !== null; chunk = await pull()) length += chunk.length;
    return length;
  } catch {
    return null;
  }
}

const isChunked = ({ status, headers }: ProbeResponse): boolean =>
  status === 200 && mediaType(headers) === MEDIA_TYPES.chunkedResponse;

const message = (live: Live, length = 1024): Bytes =>
  encodeRequest(inner(live, live.target ?? { authority: NOWHERE }), { length });

/** An envelope that is right: the response is chunked and whole, or chunked envelopes are not accepted. */
async function accepted(live: Live, pieces: readonly Bytes[]): Promise<Finding> {
  const { head, chunks, open } = await chunked(live, pieces);
  const response = await send(live, concat(head, ...chunks));
  // Chunked OHTTP is optional, and a deployment of Sotto accepts it when a service of its table streams.
  if (response.status === 415 || (refused(response) && live.bundleUrl === null)) return UNSUPPORTED;
  if (response.status !== 200) return fail(`HTTP ${response.status}`);
  if (!isChunked(response)) return fail(`type ${mediaType(response.headers)}`);
  const length = await whole(open, response);
  return length === null ? fail('the response has no end') : pass(`${length} bytes`);
}

const SUPPORT = new WeakMap<Live, Promise<Finding>>();

/** Whether a correct envelope gets a response; tried once. */
function supported(live: Live): Promise<Finding> {
  const known = SUPPORT.get(live) ?? accepted(live, [message(live)]);
  SUPPORT.set(live, known);
  return known;
}

/** A faulty envelope: no whole response may come back. The gateway must accept chunked envelopes otherwise. */
async function mustBeRefused(live: Live, body: Bytes, open: ChunkedEnvelope['open']): Promise<Finding> {
  if ((await supported(live)).result !== 'pass') return UNSUPPORTED;
  const response = await send(live, body);
  if (isSealed(response)) return fail('it was accepted');
  if (isChunked(response) && (await whole(open, response)) !== null) return fail('it was accepted');
  return pass(`HTTP ${response.status}`);
}

const works: Row = {
  id: 'chunked/3/1',
  class: 1,
  level: 'MUST',
  title: 'a chunked envelope gets a chunked response',
  check: supported,
};

const emptyChunk: Row = {
  id: 'chunked/6/1',
  class: 1,
  level: 'MUST',
  title: 'an empty chunk that is not final is a decryption error',
  check: async (live) => {
    // The empty chunk takes the first nonce, so the message starts with the second.
    const { head, empty, chunks, open } = await chunked(live, [Uint8Array.of(0), message(live)]);
    return mustBeRefused(live, concat(head, empty, ...chunks.slice(1)), open);
  },
};

const noFinal: Row = {
  id: 'chunked/6/2',
  class: 1,
  level: 'MUST',
  title: 'a request without its final chunk is not accepted as a whole one',
  check: async (live) => {
    const { head, chunks, open } = await chunked(live, [message(live).subarray(0, 12)]);
    return mustBeRefused(live, concat(head, ...chunks.slice(0, -1)), open);
  },
};

const reordered: Row = {
  id: 'chunked/6/3',
  class: 1,
  level: 'MUST',
  title: 'chunks in another order are refused',
  check: async (live) => {
    const bytes = message(live);
    const pieces = [bytes.subarray(0, 500), bytes.subarray(500)];
    const { head, chunks, open } = await chunked(live, pieces);
    const [one = EMPTY, two = EMPTY, last = EMPTY] = chunks;
    return mustBeRefused(live, concat(head, two, one, last), open);
  },
};

const plainAsChunked: Row = {
  id: 'chunked/6/4',
  class: 1,
  level: 'MUST',
  title: 'an envelope that is not chunked is refused as a chunked one',
  check: async (live) => {
    const { bytes } = await seal(live, message(live));
    const { open } = await chunked(live, []);
    return mustBeRefused(live, bytes, open);
  },
};

const largest: Row = {
  id: 'chunked/6/5',
  class: 1,
  level: 'MUST',
  title: `a chunk of ${MAX_CHUNK} bytes is accepted`,
  check: async (live) => {
    if ((await supported(live)).result !== 'pass') return UNSUPPORTED;
    return accepted(live, [message(live, MAX_CHUNK)]);
  },
};

const nonces: Row = {
  id: 'chunked/6.2/1',
  class: 1,
  level: 'MUST',
  title: 'two chunked responses have different nonces',
  check: async (live) => {
    const found: Bytes[] = [];
    for (let i = 0; i < 2; i++) {
      const { head, chunks } = await chunked(live, [message(live)]);
      const response = await send(live, concat(head, ...chunks));
      if (!isChunked(response)) return UNSUPPORTED;
      found.push(response.body.subarray(0, 16));
    }
    const [one = EMPTY, two = EMPTY] = found;
    return equalBytes(one, two) ? fail('the nonce repeats') : pass();
  },
};

/** Class 1: checks of chunked envelopes. */
export const CHUNKED_ROWS: readonly Row[] = [
  works,
  emptyChunk,
  noFinal,
  reordered,
  plainAsChunked,
  largest,
  nonces,
];
