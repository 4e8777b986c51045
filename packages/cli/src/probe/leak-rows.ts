import { sha256 } from '@noble/hashes/sha2.js';
import { fromUtf8, hex, utf8 } from '@sotto/wire';
import {
  cannotTell,
  fail,
  inner,
  isSealed,
  NoAnswer,
  pass,
  post,
  seal,
  type Live,
  type Row,
} from './live.ts';

/** The gateway's opt-in route that says, inside the envelope, which headers arrived outside of it. */
const METADATA = 'sotto-metadata';

/** What a relay has to send, and what the platforms between it and the gateway add alike for everyone. */
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

/** What says where a client is. */
const IDENTITY =
  /^(?:cf-connecting-ip(?:v6)?|cf-pseudo-ipv4|cf-ip\w+|cf-region(?:-code)?|cf-postal-code|cf-timezone|cf-metro-code|forwarded|true-client-ip|x-client-ip|x-forwarded-(?:for|country|asn|host|port|server)|x-real-ip|via)$/;

interface Arrived {
  readonly name: string;
  readonly sha256?: string;
}

/** The canaries of one visitor: headers that no relay may pass on. Those that start with `cf-` an edge would refuse. */
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

/** What arrived at the gateway with one request. @throws {NoAnswer} when it does not tell */
async function arrivedWith(live: Live, headers: Record<string, string>): Promise<readonly Arrived[]> {
  const { bytes, open } = await seal(live, inner(live, { authority: METADATA, path: '/headers' }));
  const answer = await post(live, bytes, { headers });
  if (!isSealed(answer))
    throw new NoAnswer(`the gateway answered ${answer.status}: it may refuse what the relay adds`);
  const { status, content } = await open(answer);
  if (status !== 200) throw new NoAnswer('the metadata route is off');
  const { headers: arrived } = JSON.parse(fromUtf8(content)) as { headers?: readonly Arrived[] };
  if (!Array.isArray(arrived)) throw new NoAnswer('the metadata route answers something else');
  return arrived as readonly Arrived[];
}

const digest = (value: string): string => hex(sha256(utf8(value)));
const names = (headers: readonly Arrived[]): string =>
  headers
    .map(({ name }) => name)
    .toSorted()
    .join();
const listed = (headers: readonly Arrived[]): string =>
  headers.map(({ name }) => name.slice(0, 64)).join(', ');

const R08: Row = {
  id: 'R08',
  what: "none of a client's headers reaches the gateway",
  ask: async (live) => {
    const sent = canaries(live);
    const arrived = await arrivedWith(live, sent);
    const digests = new Set(Object.values(sent).map(digest));
    const leaked = arrived.filter(({ name, sha256: value }) =>
      IDENTITY.test(name)
        ? value !== undefined && digests.has(value)
        : name in sent || digests.has(value ?? ''),
    );
    if (leaked.length > 0) return fail(`arrived: ${listed(leaked)}`);
    const strange = arrived.filter(({ name }) => !EXPECTED.has(name) && !IDENTITY.test(name));
    return strange.length > 0 ? fail(`unexpected: ${listed(strange)}`) : pass(`seen: ${listed(arrived)}`);
  },
};

const L13: Row = {
  id: 'L13',
  what: "nothing that says where a client is reaches the gateway, but the relay's own constants",
  ask: async (live) => {
    const arrived = (await arrivedWith(live, {})).filter(({ name }) => IDENTITY.test(name));
    const leaks = arrived.filter(({ name, sha256: value }) => {
      const constant = live.egress.get(name);
      return constant === undefined || digest(constant) !== value;
    });
    if (leaks.length > 0)
      return fail(`arrived: ${listed(leaks)} (a constant of the egress is told by --egress)`);
    return pass(arrived.length > 0 ? `constants: ${listed(arrived)}` : '');
  },
};

const P02: Row = {
  id: 'P02',
  what: 'two visitors look alike to the gateway',
  ask: async (live) => {
    const [one, two] = [await arrivedWith(live, canaries(live)), await arrivedWith(live, canaries(live))];
    if (names(one) !== names(two)) return fail('other headers arrive for the one than for the other');
    const values = new Map(two.map(({ name, sha256: value }) => [name, value]));
    const differ = one.filter(({ name, sha256: value }) => name !== 'cf-ray' && values.get(name) !== value);
    return differ.length > 0 ? fail(`other values: ${listed(differ)}`) : pass(`${one.length} headers`);
  },
};

const G09: Row = {
  id: 'G09',
  what: 'the same envelope again is refused',
  ask: async (live) => {
    const { bytes, open } = await seal(live, inner(live, { authority: METADATA, path: '/headers' }));
    const first = await post(live, bytes);
    if (!isSealed(first) || (await open(first)).status !== 200)
      return cannotTell('the metadata route is off');
    const again = await post(live, bytes);
    if (!isSealed(again))
      return again.status < 500 ? pass(`HTTP ${again.status}`) : fail(`HTTP ${again.status}`);
    const { status } = await open(again);
    return status >= 400 && status < 500 ? pass(`inner ${status}`) : fail(`inner ${status}`);
  },
};

/** What passes the relay that should not. */
export const LEAK_ROWS: readonly Row[] = [R08, L13, P02, G09];
