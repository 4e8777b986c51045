import { equalBytes, hex } from '@sotto/wire';
import {
  cannotTell,
  fail,
  inner,
  isSealed,
  noise,
  pass,
  post,
  refused,
  request,
  seal,
  type Live,
  type Row,
} from './live.ts';

const CORS = [
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'vary',
];

/** Response headers that could mark a client, or that nobody needs. */
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

const unwanted = (headers: Headers): string[] => UNWANTED.filter((name) => headers.has(name));
const noStore = (headers: Headers): boolean => /\bno-store\b/i.test(headers.get('cache-control') ?? '');

const https: Row = {
  id: 'HTTPS',
  title: 'the relay uses https (RFC 9458 §6)',
  check: async ({ relay }) =>
    relay.startsWith('https:') ? pass() : cannotTell('http to a loopback address, for development'),
};

const R01: Row = {
  id: 'R01',
  title: 'other methods than POST are refused',
  check: async (live) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status } = await request(live, live.resource, { method });
      if (status !== 405) return fail(`${method}: ${status}`);
    }
    return pass('405');
  },
};

const preflight: Row = {
  id: 'R01-preflight',
  title: 'preflight responses are the same for every origin',
  check: async (live) => {
    const asked = ['https://one.example', 'https://two.example'].map(async (origin) => {
      const headers = { origin, 'access-control-request-method': 'POST', cookie: hex(live.random(8)) };
      const { status, headers: told } = await request(live, live.resource, { method: 'OPTIONS', headers });
      return { status, told: CORS.map((name) => told.get(name)), cookie: told.has('set-cookie') };
    });
    const [one, two] = await Promise.all(asked);
    if (one === undefined || one.told[0] === null) return cannotTell('no preflight response');
    if (JSON.stringify(one) !== JSON.stringify(two)) return fail('the response differs by origin');
    if (one.told[0] !== '*') return fail('not allowed for every origin');
    return one.cookie || one.told.at(-1) !== null
      ? fail('it sets a cookie or varies')
      : pass(`${one.status}`);
  },
};

const R02: Row = {
  id: 'R02',
  title: 'only the media type of envelopes is accepted',
  check: async (live) => {
    for (const type of ['text/plain', 'xmessage/ohttp-reqx', 'message/ohttp-req, x']) {
      const { status } = await post(live, noise(live), { type });
      if (status !== 415 && status !== 400) return fail(`${type}: ${status}`);
    }
    return pass('415');
  },
};

const R03: Row = {
  id: 'R03',
  title: 'a body that is too short is refused',
  check: async (live) => {
    for (const length of [0, 1]) {
      const answer = await post(live, live.random(length));
      if (!refused(answer)) return fail(`${length} bytes: ${answer.status}`);
    }
    return pass();
  },
};

const R07: Row = {
  id: 'R07',
  title: 'the relay is not an open proxy',
  check: async (live) => {
    const headers = { 'content-type': 'message/ohttp-req' };
    const urls = [`${live.resource}?target=https://example.com/`, `${live.relay}/${hex(live.random(8))}`];
    for (const [i, url] of urls.entries()) {
      const answer = await request(live, url, { method: 'POST', body: noise(live), headers });
      if (!refused(answer))
        return fail(`${i === 0 ? 'a target in the query' : 'an unknown path'}: ${answer.status}`);
    }
    return pass();
  },
};

const R14: Row = {
  id: 'R14',
  title: 'responses have no header that marks a client, and are not cached',
  check: async (live) => {
    const { bytes } = await seal(live, inner(live, { authority: 'probe.invalid' }));
    const answer = await post(live, bytes);
    if (!isSealed(answer)) return cannotTell(`the gateway responded ${answer.status}`);
    const marks = unwanted(answer.headers);
    if (marks.length > 0) return fail(marks.join(', '));
    return noStore(answer.headers) ? pass() : fail('no cache-control: no-store');
  },
};

const R16: Row = {
  id: 'R16',
  title: 'refusals are constant, echo nothing and are not cached',
  check: async (live) => {
    const canary = hex(live.random(16));
    const refusals = [];
    for (const mark of ['a', 'b']) {
      const headers = { 'x-probe': canary + mark, 'user-agent': canary + mark, cookie: `c=${canary}${mark}` };
      refusals.push(await post(live, noise(live, mark === 'a' ? 300 : 400), { headers }));
    }
    const [one, two] = refusals;
    if (one === undefined || two === undefined || !refused(one) || !refused(two))
      return fail(`status ${one?.status}`);
    if (!equalBytes(one.body, two.body)) return fail('two refusals differ');
    if (new TextDecoder().decode(one.body).includes(canary)) return fail('it echoes the request');
    const marks = unwanted(one.headers);
    if (marks.length > 0) return fail(marks.join(', '));
    return noStore(one.headers) ? pass(`${one.status}`) : fail('no cache-control: no-store');
  },
};

const L10: Row = {
  id: 'L10',
  title: 'the bundle has no cache validator that could mark a client',
  check: async (live: Live) => {
    if (live.bundleUrl === null) return cannotTell('no bundle here');
    const headers = { 'if-none-match': '*', 'if-modified-since': new Date().toUTCString() };
    const answer = await request(live, live.bundleUrl, { headers });
    if (answer.status !== 200) return fail(`a conditional request: ${answer.status}`);
    const marks = unwanted(answer.headers);
    return marks.length > 0 ? fail(marks.join(', ')) : pass();
  },
};

/** Checks of the relay itself. */
export const RELAY_ROWS: readonly Row[] = [https, R01, preflight, R02, R03, R07, R14, R16, L10];
