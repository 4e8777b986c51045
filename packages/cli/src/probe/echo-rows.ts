import { sha256 } from '@noble/hashes/sha2.js';
import { fromUtf8, hex, utf8 } from '@sotto/wire';
import {
  fail,
  inner,
  isSealed,
  METADATA,
  NoResponseError,
  pass,
  post,
  seal,
  type Live,
  type Row,
} from './live.ts';

/** Headers that a relay must send, and headers that platforms add for everyone. */
const EXPECTED = new Set([
  'content-type',
  'content-length',
  'host',
  'authorization',
  'incremental',
  'transfer-encoding',
  'connection',
  'accept-encoding',
  'cdn-loop',
  'cf-ew-via',
  'cf-ray',
  'cf-visitor',
  'cf-worker',
  'x-forwarded-proto',
]);

/** Headers that reveal a client's address or place. */
const IDENTITY =
  /^(?:cf-connecting-ip(?:v6)?|cf-pseudo-ipv4|cf-ip\w+|cf-region(?:-code)?|cf-postal-code|cf-timezone|cf-metro-code|forwarded|true-client-ip|x-client-ip|x-forwarded-(?:for|country|asn|host|port|server)|x-real-ip|via)$/;

interface ArrivedHeader {
  readonly name: string;
  readonly sha256?: string;
}

/** Canary headers of one visitor, which no relay may forward. There is none with `cf-`: Cloudflare's edge refuses those. */
function canaries(live: Live): Record<string, string> {
  const canary = hex(live.random(16));
  const names = [
    'user-agent',
    'accept-language',
    'referer',
    'forwarded',
    'x-forwarded-for',
    'x-real-ip',
    'true-client-ip',
    'x-client-ip',
    'via',
    'traceparent',
    'x-request-id',
    `x-${canary.slice(0, 8)}`,
  ];
  return { cookie: `id=${canary}`, ...Object.fromEntries(names.map((name, i) => [name, `${canary}${i}`])) };
}

/** The headers of one request as they arrived at the gateway. @throws {NoResponseError} if it does not tell */
async function arrivedWith(live: Live, headers: Record<string, string>): Promise<readonly ArrivedHeader[]> {
  const { bytes, open } = await seal(live, inner(live, { authority: METADATA, path: '/headers' }));
  const response = await post(live, bytes, { headers });
  if (!isSealed(response))
    throw new NoResponseError(
      `the gateway responded HTTP ${response.status}: it may refuse what the relay adds`,
    );
  const { status, content } = await open(response);
  if (status !== 200) throw new NoResponseError('the metadata route is off');
  const { headers: arrived } = Object(JSON.parse(fromUtf8(content))) as { headers?: unknown };
  if (!Array.isArray(arrived) || !arrived.every(isArrivedHeader))
    throw new NoResponseError('the metadata route has another format');
  return arrived;
}

function isArrivedHeader(value: unknown): value is ArrivedHeader {
  const { name, sha256: digested = '' } = Object(value) as { name?: unknown; sha256?: unknown };
  return typeof name === 'string' && typeof digested === 'string';
}

const digest = (value: string): string => hex(sha256(utf8(value)));
const names = (headers: readonly ArrivedHeader[]): string =>
  headers
    .map(({ name }) => name)
    .toSorted()
    .join();
const listed = (headers: readonly ArrivedHeader[]): string =>
  headers.map(({ name }) => name.slice(0, 64)).join(', ');

/** Whether a header came from the canaries, under its own name or another. */
function isCanary(sent: Record<string, string>): (header: ArrivedHeader) => boolean {
  const digests = new Set(Object.values(sent).map(digest));
  return ({ name, sha256: value = '' }) =>
    IDENTITY.test(name) ? digests.has(value) : name in sent || digests.has(value);
}

const unknownFields: Row = {
  id: '9458/6.2/1',
  class: 3,
  level: 'SHOULD NOT',
  title: 'no header of a client reaches the gateway',
  relayOnly: true,
  check: async (live) => {
    const sent = canaries(live);
    const arrived = await arrivedWith(live, sent);
    const leaked = arrived.filter(isCanary(sent));
    if (leaked.length > 0) return fail(`arrived: ${listed(leaked)}`);
    const strange = arrived.filter(({ name }) => !EXPECTED.has(name) && !IDENTITY.test(name));
    return strange.length > 0 ? fail(`unexpected: ${listed(strange)}`) : pass(`seen: ${listed(arrived)}`);
  },
};

const identity: Row = {
  id: '9458/6.2/2',
  class: 3,
  level: 'MUST NOT',
  title: "no header with a client's address or place reaches the gateway",
  relayOnly: true,
  check: async (live) => {
    const arrived = (await arrivedWith(live, {})).filter(({ name }) => IDENTITY.test(name));
    const leaks = arrived.filter(({ name, sha256: value }) => {
      const constant = live.egress.get(name);
      return constant === undefined || digest(constant) !== value;
    });
    if (leaks.length > 0)
      return fail(`arrived: ${listed(leaks)} (name a constant of the relay's platform with --egress)`);
    return pass(arrived.length > 0 ? `constants: ${listed(arrived)}` : '');
  },
};

const pseudonyms: Row = {
  id: '9458/6.2.1/1',
  class: 3,
  level: 'MUST NOT',
  title: 'two visitors look the same to the gateway, apart from headers of their own',
  relayOnly: true,
  check: async (live) => {
    const added: ArrivedHeader[][] = [];
    for (let i = 0; i < 2; i++) {
      const sent = canaries(live);
      const own = isCanary(sent);
      added.push((await arrivedWith(live, sent)).filter((header) => !own(header)));
    }
    const [one = [], two = []] = added;
    if (names(one) !== names(two)) return fail('the headers differ between visitors');
    const values = new Map(two.map(({ name, sha256: value }) => [name, value]));
    const differ = one.filter(({ name, sha256: value }) => name !== 'cf-ray' && values.get(name) !== value);
    return differ.length > 0 ? fail(`different values: ${listed(differ)}`) : pass(`${one.length} headers`);
  },
};

/** Class 3: checks that need a gateway which tells the headers that arrived. */
export const ECHO_ROWS: readonly Row[] = [unknownFields, identity, pseudonyms];
