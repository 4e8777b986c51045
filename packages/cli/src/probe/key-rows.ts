import {
  bundleDigest,
  decodeBundle,
  decodeSignedBundle,
  verifySignedBundle,
  type Bundle,
} from '@sotto/bundle';
import { decodeKeyConfigs, MEDIA_TYPES } from '@sotto/ohttp';
import { base64url, equalBytes, hex, ProtocolError, type Bytes } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';
import { WELL_KNOWN } from '../fetching.ts';
import { cannotTell, fail, inner, pass, request, seal, type Live, type Row } from './live.ts';

const FETCHES = 12;

interface FetchedBundle {
  readonly signed: Bytes;
  readonly bundle: Bundle;
  readonly digest: string;
}

/** Fetches the bundle as several visitors. */
async function fetchBundles(live: Live, url: string): Promise<FetchedBundle[]> {
  const all: FetchedBundle[] = [];
  for (let i = 0; i < FETCHES; i++) {
    const { status, body } = await request(live, url, { headers: visitor(live, i) });
    if (status !== 200) throw new ProtocolError('status', `HTTP ${status}`);
    const { bundle } = decodeSignedBundle(body);
    all.push({ signed: body, bundle: decodeBundle(bundle), digest: hex(bundleDigest(bundle)) });
  }
  return all;
}

/** Headers of a different visitor each time. */
const visitor = (live: Live, i: number): Record<string, string> => ({
  'user-agent': `probe-${hex(live.random(4))}`,
  cookie: `id=${hex(live.random(8))}`,
  'accept-language': ['en', 'sr', 'ar', 'ja'][i % 4] ?? 'en',
  'x-forwarded-for': `192.0.2.${i + 1}`,
  ...(i % 2 === 1 && { 'if-none-match': `"${hex(live.random(4))}"` }),
});

const L7: Row = {
  id: 'L7',
  title: `the bundle is the same for ${FETCHES} visitors`,
  check: async (live) => {
    if (live.bundleUrl === null) return cannotTell('the relay serves no bundle');
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
  id: 'L7-signature',
  title: 'the bundle is signed by the root, valid now, and has no extra keys',
  check: async ({ roots, bundleUrl, now, epochSeconds, ...live }) => {
    if (bundleUrl === null) return cannotTell('the relay serves no bundle');
    if (roots === null) return cannotTell('no --root');
    const { body } = await request(live, bundleUrl);
    try {
      verifySignedBundle(body, { roots, now: now(), epochSeconds });
      return pass();
    } catch (error) {
      return fail(error instanceof ProtocolError ? error.code : 'unreadable');
    }
  },
};

const G29: Row = {
  id: 'G29',
  title: "the gateway's keys are well formed and the same for everyone",
  check: async (live) => {
    if (live.gateway === null) return cannotTell('no --gateway');
    const bodies: Bytes[] = [];
    for (let i = 0; i < 5; i++) {
      const headers = { ...visitor(live, i), accept: MEDIA_TYPES.keys };
      const answer = await request(live, live.gateway + WELL_KNOWN, { headers });
      if (answer.status !== 200) return fail(`HTTP ${answer.status}`);
      if (mediaType(answer.headers) !== MEDIA_TYPES.keys) return fail(`type ${mediaType(answer.headers)}`);
      const marks = ['set-cookie', 'vary', 'etag'].filter((name) => answer.headers.has(name));
      if (marks.length > 0) return fail(marks.join(', '));
      bodies.push(answer.body);
    }
    const [first = new Uint8Array(0)] = bodies;
    if (!bodies.every((body) => equalBytes(body, first))) return fail('two visitors get different keys');
    const configs = decodeKeyConfigs(first);
    return configs.length > 0 ? pass(`${configs.length} keys`) : fail('no usable key');
  },
};

const sameKeys: Row = {
  id: 'G29-bundle',
  title: "the bundle has the gateway's keys",
  check: async (live) => {
    if (live.gateway === null) return cannotTell('no --gateway');
    if (live.bundleUrl === null) return cannotTell('the relay serves no bundle');
    const collection = (await request(live, live.gateway + WELL_KNOWN)).body;
    const { body } = await request(live, live.bundleUrl);
    const { keyConfigs } = decodeBundle(decodeSignedBundle(body).bundle);
    return equalBytes(collection, keyConfigs)
      ? pass()
      : cannotTell('they differ; a new epoch may have begun');
  },
};

const G30: Row = {
  id: 'G30',
  title: "the gateway refuses requests without the relay's credential",
  check: async (live) => {
    if (live.gateway === null) return cannotTell('no --gateway');
    const { bytes } = await seal(live, inner(live, { authority: 'probe.invalid' }));
    const headers = { 'content-type': MEDIA_TYPES.request };
    const { status } = await request(live, live.gateway + WELL_KNOWN, {
      method: 'POST',
      body: bytes,
      headers,
    });
    return status === 401 || status === 403 ? pass(`${status}`) : fail(`HTTP ${status}`);
  },
};

/** Checks of keys and bundles. */
export const KEY_ROWS: readonly Row[] = [L7, signature, G29, sameKeys, G30];
