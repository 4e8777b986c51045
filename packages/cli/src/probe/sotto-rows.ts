import {
  bundleDigest,
  decodeBundle,
  decodeSignedBundle,
  verifySignedBundle,
  type Bundle,
} from '@sotto/bundle';
import { MEDIA_TYPES } from '@sotto/ohttp';
import { base64url, equalBytes, hex, ProtocolError, type Bytes } from '@sotto/wire';
import { visitor } from './key-rows.ts';
import {
  cannotTell,
  fail,
  inner,
  NOWHERE,
  pass,
  seal,
  type Live,
  type ProbeResponse,
  type Row,
} from './live.ts';
import { decodedKeys } from './reach.ts';
import { unwanted } from './resource-rows.ts';

const FETCHES = 12;
const NO_BUNDLE = cannotTell('the relay serves no bundle');

interface FetchedBundle {
  readonly signed: Bytes;
  readonly bundle: Bundle;
  readonly digest: string;
}

/** Fetches the bundle as several visitors. */
async function fetchBundles(live: Live, url: string): Promise<FetchedBundle[]> {
  const all: FetchedBundle[] = [];
  for (let i = 0; i < FETCHES; i++) {
    const { status, body } = await live.send(url, { headers: visitor(live, i) });
    if (status !== 200) throw new ProtocolError('status', `HTTP ${status}`);
    const { bundle } = decodeSignedBundle(body);
    all.push({ signed: body, bundle: decodeBundle(bundle), digest: hex(bundleDigest(bundle)) });
  }
  return all;
}

const sameBundle: Row = {
  id: 'sotto/bundle/1',
  class: 0,
  level: 'privacy',
  title: `the bundle is the same for ${FETCHES} visitors`,
  relayOnly: true,
  check: async (live) => {
    if (live.bundleUrl === null) return NO_BUNDLE;
    const all = await fetchBundles(live, live.bundleUrl);
    const bySequence = new Map<number, string>();
    let last = -1;
    for (const { bundle, signed } of all) {
      const text = base64url(signed);
      if ((bySequence.get(bundle.sequence) ?? text) !== text)
        return fail(`epoch ${bundle.sequence} has two bundles`);
      if (bundle.sequence < last) return fail('an older epoch after a newer one');
      last = bundle.sequence;
      bySequence.set(bundle.sequence, text);
    }
    return pass(`epoch ${last}, SHA-256 ${all.at(-1)?.digest.slice(0, 16)}…`);
  },
};

const signature: Row = {
  id: 'sotto/bundle/2',
  class: 0,
  level: 'MUST',
  title: 'the bundle is signed by the root, valid now, and has no extra keys',
  relayOnly: true,
  check: async ({ roots, bundleUrl, now, epochSeconds, ...live }) => {
    if (bundleUrl === null) return NO_BUNDLE;
    if (roots === null) return cannotTell('no --root');
    const { body } = await live.send(bundleUrl);
    try {
      verifySignedBundle(body, { roots, now: now(), epochSeconds });
      return pass();
    } catch (error) {
      return fail(error instanceof ProtocolError ? error.code : 'unreadable');
    }
  },
};

const sameKeys: Row = {
  id: 'sotto/bundle/3',
  class: 0,
  level: 'MUST',
  title: "the bundle has the gateway's keys",
  relayOnly: true,
  check: async (live) => {
    if (live.keysUrl === null) return cannotTell('no --gateway');
    if (live.bundleUrl === null) return NO_BUNDLE;
    const served = (await live.send(live.keysUrl)).body;
    const { body } = await live.send(live.bundleUrl);
    const { keyConfigs, notBefore } = decodeBundle(decodeSignedBundle(body).bundle);
    if (equalBytes(served, keyConfigs)) return pass();
    if (decodedKeys(served).length === 0) return cannotTell('the keys cannot be read');
    return live.now() - notBefore < live.epochSeconds
      ? fail('they differ, within one epoch')
      : cannotTell('they differ; a new epoch has begun');
  },
};

const validators: Row = {
  id: 'sotto/bundle/4',
  class: 0,
  level: 'privacy',
  title: 'the bundle has no cache validator that could mark a client',
  relayOnly: true,
  check: async (live) => {
    if (live.bundleUrl === null) return NO_BUNDLE;
    const headers = { 'if-none-match': '*', 'if-modified-since': new Date().toUTCString() };
    const response = await live.send(live.bundleUrl, { headers });
    if (response.status !== 200) return fail(`a conditional request: ${response.status}`);
    const marks = unwanted(response.headers);
    return marks.length > 0 ? fail(marks.join(', ')) : pass();
  },
};

const credential: Row = {
  id: 'sotto/credential/1',
  class: 1,
  level: 'MUST',
  title: "the gateway refuses requests without the relay's credential",
  relayOnly: true,
  check: async (live) => {
    if (live.gateway === null) return cannotTell('no --gateway');
    if (live.bundleUrl === null) return NO_BUNDLE;
    const { bytes } = await seal(live, inner(live, { authority: NOWHERE }));
    const headers = { 'content-type': MEDIA_TYPES.request };
    const { status } = await live.send(live.gateway, { method: 'POST', body: bytes, headers });
    return status === 401 || status === 403 ? pass(`${status}`) : fail(`HTTP ${status}`);
  },
};

/** Response fields that only one provider adds. */
const PLATFORM_FIELDS = {
  'cf-ray': 'cloudflare',
  'x-amz-cf-id': 'aws',
  'x-azure-ref': 'azure',
  'x-served-by': 'fastly',
  'x-vercel-id': 'vercel',
  'fly-request-id': 'fly',
} as const;

/** The providers whose signs a response has, and the one that it names. */
const providersOf = ({ headers }: ProbeResponse): Set<string> => {
  const named = headers.get('sotto-provider')?.toLowerCase();
  const seen = Object.entries(PLATFORM_FIELDS).flatMap(([field, name]) => (headers.has(field) ? [name] : []));
  return new Set(named === undefined ? seen : [...seen, named]);
};

const oneProvider: Row = {
  id: 'sotto/provider/1',
  class: 0,
  level: 'privacy',
  title: 'relay and gateway show no sign of one provider that runs both',
  relayOnly: true,
  check: async (live) => {
    if (live.gateway === null || live.relay === null) return cannotTell('no --gateway');
    const origin = new URL(live.gateway).origin;
    const [ours, theirs] = [await live.send(live.resource), await live.send(`${origin}/bundle`)].map(
      providersOf,
    );
    const both = [...(ours ?? [])].filter((name) => theirs?.has(name));
    if (both.length === 0) return pass();
    return {
      result: 'warn',
      detail: `${both.join(', ')} runs both and could combine what they see. Move one, or tell your users`,
    };
  },
};

/** Checks of Sotto's own protocol: the signed bundle, the credential between relay and gateway, and their providers. */
export const SOTTO_ROWS: readonly Row[] = [
  sameBundle,
  signature,
  sameKeys,
  validators,
  credential,
  oneProvider,
];
