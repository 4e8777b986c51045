import { encodeRequest, type BhttpRequest } from '@sotto/bhttp';
import { encapsulatedResponseLength } from '@sotto/ohttp';
import { concat, type Bytes } from '@sotto/wire';
import {
  cannotTell,
  dateField,
  exchange,
  fail,
  info,
  inner,
  isSealed,
  METADATA,
  NOWHERE,
  pass,
  post,
  seal,
  type Finding,
  type Live,
  type Row,
} from './live.ts';

const isError = (status: number): boolean => status >= 400;

/** An error in the inner request must be reported inside: outer 200, inner 4xx or 5xx. */
async function refusedInside(live: Live, message: BhttpRequest | Bytes): Promise<Finding> {
  const { bytes, open } = await seal(live, message);
  const response = await post(live, bytes);
  if (!isSealed(response)) return fail(`reported outside: HTTP ${response.status}`);
  const { status } = await open(response);
  return isError(status) ? pass(`inner ${status}`) : fail(`inner ${status}`);
}

/** The authority of a service or target that responds; null if none is known. */
const knownAuthority = ({ services, target }: Live): string | null =>
  target?.authority ?? services[0]?.name ?? null;

const unknownAuthority: Row = {
  id: '9458/5.2/3',
  class: 1,
  level: 'MUST',
  title: 'an unknown authority is refused inside',
  check: (live) => refusedInside(live, inner(live, { authority: NOWHERE })),
};

const expectation: Row = {
  id: '9458/5.1/1',
  class: 1,
  level: 'MUST',
  title: 'Expect: 100-continue is refused inside',
  check: async (live) => {
    const authority = knownAuthority(live);
    if (authority === null) return cannotTell('no --target');
    const fields = [['expect', '100-continue'] as const, dateField(live)];
    return refusedInside(live, inner(live, { authority, path: live.target?.path ?? '/', fields }));
  },
};

const malformed: Row = {
  id: '9292/4/1',
  class: 1,
  level: 'MUST NOT',
  title: 'a message that is no Binary HTTP request is refused inside',
  check: (live) => refusedInside(live, concat(Uint8Array.of(63), live.random(200))),
};

const padding: Row = {
  id: '9292/3.8/1',
  class: 1,
  level: 'info',
  title: 'padding that is not zero (a receiver may skip the check)',
  check: async (live) => {
    const message = encodeRequest(inner(live, { authority: NOWHERE }), { length: 1024 });
    message[1000] = 1;
    const { status } = await exchange(live, message);
    return info(`${status === 400 ? 'refused' : 'not noticed'}: inner ${status}`);
  },
};

const noDate: Row = {
  id: '9458/6.5.1/1',
  class: 1,
  level: 'MAY',
  title: 'a request without a Date is refused inside',
  check: async (live) => {
    const authority = knownAuthority(live);
    if (authority === null) return cannotTell('no --target');
    return refusedInside(live, inner(live, { authority, path: live.target?.path ?? '/', fields: [] }));
  },
};

const replay: Row = {
  id: '9458/6.5/1',
  class: 1,
  level: 'expected',
  title: 'a repeated envelope is refused',
  check: async (live) => {
    const target = live.target ?? { authority: METADATA, path: '/headers' };
    const { bytes, open } = await seal(live, inner(live, target));
    const first = await post(live, bytes);
    if (!isSealed(first) || isError((await open(first)).status))
      return cannotTell('no --target, and the metadata route is off');
    const again = await post(live, bytes);
    if (!isSealed(again))
      return again.status < 500 ? pass(`HTTP ${again.status}`) : fail(`HTTP ${again.status}`);
    const { status } = await open(again);
    return status >= 400 && status < 500 ? pass(`inner ${status}`) : fail(`inner ${status}`);
  },
};

const oneLength: Row = {
  id: 'length/1',
  class: 1,
  level: 'privacy',
  title: 'all errors inside have one length',
  check: async (live) => {
    const [service] = live.services;
    const authority = service?.name ?? NOWHERE;
    const messages = [
      inner(live, { authority }),
      inner(live, { authority, path: `/${'x'.repeat(200)}` }),
      inner(live, { authority, method: 'POST', path: '/v1/search', content: live.random(100) }),
      inner(live, { authority, method: 'BREW' }),
      inner(live, { authority, fields: [] }),
    ];
    const lengths = new Set<number>();
    for (const message of messages) {
      const response = await post(live, (await seal(live, message)).bytes);
      if (!isSealed(response)) return fail(`reported outside: HTTP ${response.status}`);
      lengths.add(response.body.length);
    }
    if (lengths.size > 1) return fail(`${[...lengths].toSorted((a, b) => a - b).join(', ')} bytes`);
    const aead = live.hpke.aeads.find(({ id }) => id === live.sealing?.suite.aeadId);
    const [length = 0] = lengths;
    if (service !== undefined && aead !== undefined) {
      const said = encapsulatedResponseLength(aead, service.responseLength);
      if (length !== said) return fail(`${length} bytes, but the bundle says ${said}`);
    }
    return pass(`${length} bytes, of responses without a token`);
  },
};

/** Class 1: checks of what is inside an envelope. */
export const MESSAGE_ROWS: readonly Row[] = [
  unknownAuthority,
  expectation,
  malformed,
  padding,
  noDate,
  replay,
  oneLength,
];
