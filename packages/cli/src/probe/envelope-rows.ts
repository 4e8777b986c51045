import { encodeRequest } from '@sotto/bhttp';
import {
  encapsulateChunkedRequest,
  encapsulatedResponseLength,
  MEDIA_TYPES,
  OHTTP_KEY_PROBLEM,
} from '@sotto/ohttp';
import { concat, fromUtf8, type Bytes } from '@sotto/wire';

import { mediaType } from '@sotto/client/http';
import {
  cannotTell,
  dateField,
  fail,
  inner,
  isSealed,
  NoResponseError,
  pass,
  post,
  refused,
  seal,
  type ProbeResponse,
  type Finding,
  type Live,
  type Row,
} from './live.ts';

const NOWHERE = 'probe.invalid'; // in no gateway's table (RFC 2606)

const good = (live: Live) => seal(live, inner(live, { authority: NOWHERE }));

/** Sends malformed envelopes. Each must be refused with a 4xx (RFC 9458 §5.2). */
async function allRefused(live: Live, malformed: readonly Bytes[]): Promise<Finding> {
  for (const [i, bytes] of malformed.entries()) {
    const answer = await post(live, bytes);
    if (!refused(answer)) return fail(`variant ${i + 1} of ${malformed.length}: HTTP ${answer.status}`);
  }
  return pass(malformed.length > 1 ? `${malformed.length} variants` : '');
}

const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

const G01: Row = {
  id: 'G01',
  title: 'a truncated envelope is refused',
  check: async (live) => {
    const { bytes } = await good(live);
    const cuts = [7, 20, 60, bytes.length - 17, bytes.length - 1];
    return allRefused(
      live,
      cuts.map((cut) => bytes.subarray(0, cut)),
    );
  },
};

const G02: Row = {
  id: 'G02',
  title: 'an envelope with one flipped bit is refused',
  check: async (live) => {
    const { bytes } = await good(live);
    return allRefused(
      live,
      [8, bytes.length - 100, bytes.length - 1].map((at) => flipped(bytes, at)),
    );
  },
};

const G03: Row = {
  id: 'G03',
  title: 'an envelope with trailing bytes is refused',
  check: async (live) => allRefused(live, [concat((await good(live)).bytes, live.random(3))]),
};

const G04: Row = {
  id: 'G04',
  title: 'an unknown key id is refused with 400 #ohttp-key',
  check: async (live) => {
    const { bytes } = await good(live);
    const known = live.sealing?.keyIds ?? new Set();
    const unknown = Array.from({ length: 256 }, (_, i) => 255 - i).find((id) => !known.has(id)) ?? 255;
    const answer = await post(live, concat(Uint8Array.of(unknown), bytes.subarray(1)));
    if (answer.status !== 400) return fail(`HTTP ${answer.status}`);
    return problemType(answer) === OHTTP_KEY_PROBLEM ? pass() : fail('400 without the problem type');
  },
};

const G05: Row = {
  id: 'G05',
  title: 'unknown KEM, KDF and AEAD are refused',
  check: async (live) => {
    const { bytes } = await good(live);
    const withWord = (at: number): Bytes =>
      concat(bytes.subarray(0, at), Uint8Array.of(255, 255), bytes.subarray(at + 2));
    return allRefused(live, [1, 3, 5].map(withWord));
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

/** An error in the inner request must be reported inside: outer 200, inner 4xx. */
async function refusedInside(live: Live, message: Parameters<typeof seal>[1]): Promise<Finding> {
  const { bytes, open } = await seal(live, message);
  const answer = await post(live, bytes);
  if (!isSealed(answer)) return fail(`reported outside: HTTP ${answer.status}`);
  const { status } = await open(answer);
  return status >= 400 && status < 500 ? pass(`inner ${status}`) : fail(`inner ${status}`);
}

const B01: Row = {
  id: 'B01',
  title: 'a message that is not an HTTP request is refused inside',
  check: async (live) => refusedInside(live, concat(Uint8Array.of(63), live.random(200))),
};

const B14: Row = {
  id: 'B14',
  title: 'Expect: 100-continue is refused inside (RFC 9458 §5.1)',
  check: async (live) => {
    const authority = live.services[0]?.name ?? NOWHERE;
    return refusedInside(
      live,
      inner(live, { authority, fields: [['expect', '100-continue'], dateField(live)] }),
    );
  },
};

const B21: Row = {
  id: 'B21',
  title: 'the gateway is not an open proxy: an unknown authority is refused inside',
  check: async (live) => refusedInside(live, inner(live, { authority: NOWHERE })),
};

const G13: Row = {
  id: 'G13',
  title: 'a request without a Date is refused inside',
  check: async (live) => {
    const [service] = live.services;
    if (service === undefined) return cannotTell('the bundle lists no service');
    return refusedInside(live, inner(live, { authority: service.name, fields: [] }));
  },
};

const L1: Row = {
  id: 'L1',
  title: 'all responses have one length, errors included',
  check: async (live) => {
    const [service] = live.services;
    const authority = service?.name ?? NOWHERE;
    const asked = [
      inner(live, { authority }),
      inner(live, { authority, path: `/${'x'.repeat(200)}` }),
      inner(live, { authority, method: 'POST', path: '/v1/search', content: live.random(100) }),
      inner(live, { authority, method: 'BREW' }),
      inner(live, { authority, fields: [] }),
    ];
    const lengths = new Set<number>();
    for (const request of asked) {
      const { bytes } = await seal(live, request);
      const answer = await post(live, bytes);
      if (!isSealed(answer)) return fail(`reported outside: HTTP ${answer.status}`);
      lengths.add(answer.body.length);
    }
    if (lengths.size > 1) return fail(`${[...lengths].toSorted((a, b) => a - b).join(', ')} bytes`);
    const aead = live.hpke.aeads.find(({ id }) => id === live.sealing?.suite.aeadId);
    const [length = 0] = lengths;
    if (service !== undefined && aead !== undefined) {
      const said = encapsulatedResponseLength(aead, service.responseLength);
      if (length !== said) return fail(`${length} bytes, but the bundle says ${said}`);
    }
    return pass(`${length} bytes, of answers without a token`);
  },
};

const R30: Row = {
  id: 'R30',
  title: 'a chunked envelope gets a chunked response',
  check: async (live) => {
    const { hpke, random, sealing } = live;
    if (sealing === null) throw new NoResponseError('no keys of the gateway');
    const message = [encodeRequest(inner(live, { authority: NOWHERE }), { length: 1024 })];
    const plaintext = async (): Promise<Bytes | null> => message.shift() ?? null;
    const exchange = await encapsulateChunkedRequest(hpke, sealing.config, sealing.suite, random, plaintext);
    const chunks: Bytes[] = [];
    for (let chunk = await exchange.body(); chunk !== null; chunk = await exchange.body()) chunks.push(chunk);
    const headers = { incremental: '?1' };
    const answer = await post(live, concat(...chunks), { type: MEDIA_TYPES.chunkedRequest, headers });
    if (answer.status === 415) return cannotTell('chunked envelopes are not accepted');
    if (answer.status !== 200) return fail(`HTTP ${answer.status}`);
    if (mediaType(answer.headers) !== MEDIA_TYPES.chunkedResponse)
      return fail(`type ${mediaType(answer.headers)}`);
    const source = [answer.body];
    const pull = exchange.openResponse(async () => source.shift() ?? null);
    let opened = 0;
    for (let chunk = await pull(); chunk !== null; chunk = await pull()) opened += chunk.length;
    return pass(`${opened} bytes`);
  },
};

/** Checks of envelopes, valid and malformed. */
export const ENVELOPE_ROWS: readonly Row[] = [G01, G02, G03, G04, G05, G13, B01, B14, B21, L1, R30];
