import { equalBytes, hex } from '@sotto/wire';
import {
  cannotTell,
  fail,
  inner,
  isSealed,
  noise,
  NOWHERE,
  pass,
  post,
  refused,
  seal,
  type Live,
  type ProbeResponse,
  type Row,
} from './live.ts';

const CORS = [
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'vary',
];

/** Response headers that could mark a client, or that no client needs. */
const UNWANTED = [
  'set-cookie',
  'etag',
  'last-modified',
  'vary',
  'age',
  'via',
  'x-powered-by',
  'www-authenticate',
];

export const unwanted = (headers: Headers): string[] => UNWANTED.filter((name) => headers.has(name));
const noStore = (headers: Headers): boolean => /\bno-store\b/i.test(headers.get('cache-control') ?? '');

/** A refusal, and an encapsulated response where keys are known. */
async function twoResponses(live: Live): Promise<ProbeResponse[]> {
  const refusal = await post(live, noise(live));
  if (live.sealing === null) return [refusal];
  const { bytes } = await seal(live, inner(live, { authority: NOWHERE }));
  const response = await post(live, bytes);
  return isSealed(response) ? [refusal, response] : [refusal];
}

const methods: Row = {
  id: '9458/5/1',
  class: 0,
  level: 'expected',
  title: 'methods other than POST are refused',
  check: async (live) => {
    const keys = live.resource === live.keysUrl; // a gateway may serve its keys there by GET
    for (const method of keys ? ['PUT', 'DELETE'] : ['GET', 'PUT', 'DELETE']) {
      const response = await live.send(live.resource, { method, headers: live.headers });
      if (!refused(response)) return fail(`${method}: ${response.status}`);
    }
    return pass();
  },
};

const mediaTypes: Row = {
  id: '9458/5/2',
  class: 0,
  level: 'expected',
  title: 'only the media types of encapsulated requests are accepted',
  check: async (live) => {
    const { bytes } = live.sealing === null ? { bytes: noise(live) } : await seal(live, aRequest(live));
    for (const type of ['text/plain', 'xmessage/ohttp-reqx', 'message/ohttp-req, x']) {
      const response = await post(live, bytes, { type });
      if (!refused(response)) return fail(`${type}: ${response.status}`);
    }
    return pass();
  },
};

const aRequest = (live: Live) => inner(live, { authority: NOWHERE });

const randomBytes: Row = {
  id: '9458/5.2/1',
  class: 0,
  level: 'MUST',
  title: 'random bytes are refused with a 4xx',
  check: async (live) => {
    const response = await post(live, noise(live));
    return refused(response) ? pass(`${response.status}`) : fail(`HTTP ${response.status}`);
  },
};

const short: Row = {
  id: '9458/5.2/2',
  class: 0,
  level: 'MUST',
  title: 'a body that is too short is refused with a 4xx',
  check: async (live) => {
    for (const length of [0, 1, 6]) {
      const response = await post(live, live.random(length));
      if (!refused(response)) return fail(`${length} bytes: HTTP ${response.status}`);
    }
    return pass('0, 1 and 6 bytes');
  },
};

const openProxy: Row = {
  id: '9458/6.3/1',
  class: 0,
  level: 'SHOULD',
  title: 'no target can be chosen by query or path',
  check: async (live) => {
    const { bytes } = live.sealing === null ? { bytes: noise(live) } : await seal(live, aRequest(live));
    const base = live.relay ?? live.resource;
    const urls = [`${live.resource}?target=https://example.com/`, `${base}/${hex(live.random(8))}`];
    const headers = { 'content-type': 'message/ohttp-req', ...live.headers };
    for (const [i, url] of urls.entries()) {
      const response = await live.send(url, { method: 'POST', body: bytes, headers });
      // A server that ignores the query still responds to the envelope; it must not fetch the target.
      const ignored = i === 0 && isSealed(response);
      if (!refused(response) && !ignored)
        return fail(`${i === 0 ? 'a target in the query' : 'an unknown path'}: HTTP ${response.status}`);
    }
    return pass();
  },
};

const constantRefusals: Row = {
  id: 'http/1',
  class: 0,
  level: 'privacy',
  title: 'refusals are the same for two visitors and echo nothing',
  check: async (live) => {
    const canary = hex(live.random(16));
    const refusals = [];
    for (const mark of ['a', 'b']) {
      const headers = { 'x-probe': canary + mark, 'user-agent': canary + mark, cookie: `c=${canary}${mark}` };
      refusals.push(await post(live, noise(live, mark === 'a' ? 300 : 400), { headers }));
    }
    const [one, two] = refusals;
    if (one === undefined || two === undefined || one.status !== two.status)
      return fail(`HTTP ${one?.status} and ${two?.status}`);
    if (new TextDecoder().decode(one.body).includes(canary)) return fail('a refusal echoes the request');
    return equalBytes(one.body, two.body) ? pass(`${one.status}`) : fail('two refusals differ');
  },
};

const notStored: Row = {
  id: 'http/2',
  class: 0,
  level: 'privacy',
  title: 'no response may be stored by a cache',
  check: async (live) => {
    const kept = (await twoResponses(live)).filter(({ headers }) => !noStore(headers));
    return kept.length === 0
      ? pass()
      : fail(`HTTP ${kept.map(({ status }) => status).join(', ')}: no cache-control: no-store`);
  },
};

const noMarks: Row = {
  id: 'http/3',
  class: 0,
  level: 'privacy',
  title: 'responses have no header that could mark a client',
  check: async (live) => {
    const marks = (await twoResponses(live)).flatMap(({ headers }) => unwanted(headers));
    return marks.length === 0 ? pass() : fail([...new Set(marks)].join(', '));
  },
};

const preflight: Row = {
  id: 'http/4',
  class: 0,
  level: 'privacy',
  title: 'preflight responses are the same for every origin',
  check: async (live) => {
    const preflights = ['https://one.example', 'https://two.example'].map(async (origin) => {
      const headers = { origin, 'access-control-request-method': 'POST', cookie: hex(live.random(8)) };
      const { status, headers: told } = await live.send(live.resource, { method: 'OPTIONS', headers });
      return { status, told: CORS.map((name) => told.get(name)), cookie: told.has('set-cookie') };
    });
    const [one, two] = await Promise.all(preflights);
    if (one === undefined || one.told[0] === null) return cannotTell('no preflight response');
    if (JSON.stringify(one) !== JSON.stringify(two)) return fail('the response differs by origin');
    if (one.told[0] !== '*') return fail('not allowed for every origin');
    return one.cookie || one.told.at(-1) !== null
      ? fail('it sets a cookie or varies')
      : pass(`${one.status}`);
  },
};

/** Class 0: checks that need a URL only. */
export const RESOURCE_ROWS: readonly Row[] = [
  methods,
  mediaTypes,
  randomBytes,
  short,
  openProxy,
  constantRefusals,
  notStored,
  noMarks,
  preflight,
];
