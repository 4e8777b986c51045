import { decodeKeyConfigs, MEDIA_TYPES } from '@sotto/ohttp';
import { equalBytes, hex, type Bytes } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';
import { cannotTell, fail, pass, type Live, type Row } from './live.ts';

const FETCHES = 5;

/** Headers of a different visitor each time. */
export const visitor = (live: Live, i: number): Record<string, string> => ({
  'user-agent': `probe-${hex(live.random(4))}`,
  cookie: `id=${hex(live.random(8))}`,
  'accept-language': ['en', 'sr', 'ar', 'ja'][i % 4] ?? 'en',
  'x-forwarded-for': `192.0.2.${i + 1}`,
  ...(i % 2 === 1 && { 'if-none-match': `"${hex(live.random(4))}"` }),
});

/** The collection of keys that the gateway serves, or that the file holds; null if there is none. */
async function collection(live: Live): Promise<Bytes | null> {
  if (live.keys !== null) return live.keys;
  if (live.keysUrl === null) return null;
  const response = await live.send(live.keysUrl, { headers: { accept: MEDIA_TYPES.keys } });
  return response.status === 200 ? response.body : null;
}

const served: Row = {
  id: '9540/6/1',
  class: 0,
  level: 'SHOULD',
  title: 'the keys are served by GET, with their media type',
  check: async (live) => {
    if (live.keysUrl === null) return cannotTell('no --gateway and no URL of --keys');
    const response = await live.send(live.keysUrl, { headers: { accept: MEDIA_TYPES.keys } });
    if (response.status !== 200) return fail(`HTTP ${response.status}`);
    const type = mediaType(response.headers);
    return type === MEDIA_TYPES.keys ? pass() : fail(`type ${type}`);
  },
};

const wellFormed: Row = {
  id: '9458/3.2/1',
  class: 0,
  level: 'MUST',
  title: 'the collection of keys is well formed',
  check: async (live) => {
    const bytes = await collection(live);
    if (bytes === null) return cannotTell('no keys');
    const configs = decodeKeyConfigs(bytes);
    return configs.length > 0
      ? pass(`${configs.length} usable`)
      : cannotTell('no key of a KEM that is known here');
  },
};

const unique: Row = {
  id: '9458/3.2/2',
  class: 0,
  level: 'expected',
  title: 'no key id stands twice with one KEM',
  check: async (live) => {
    const names = live.offered.map(({ keyId, kemId }) => `${keyId} with KEM ${kemId}`);
    if (names.length === 0) return cannotTell('no keys');
    const seen = new Set<string>();
    const twice = names.filter((name) => seen.size === seen.add(name).size);
    return twice.length === 0 ? pass() : fail(`key ${twice.slice(0, 8).join(', ')}`);
  },
};

const sameForAll: Row = {
  id: '9458/7/1',
  class: 0,
  level: 'privacy',
  title: `the keys are the same for ${FETCHES} visitors`,
  check: async (live) => {
    if (live.keysUrl === null) return cannotTell('no --gateway and no URL of --keys');
    const bodies: Bytes[] = [];
    for (let i = 0; i < FETCHES; i++) {
      const headers = { ...visitor(live, i), accept: MEDIA_TYPES.keys };
      const response = await live.send(live.keysUrl, { headers });
      if (response.status !== 200) return cannotTell(`HTTP ${response.status}`);
      const marks = ['set-cookie', 'vary', 'etag'].filter((name) => response.headers.has(name));
      if (marks.length > 0) return fail(marks.join(', '));
      bodies.push(response.body);
    }
    const [first = new Uint8Array(0)] = bodies;
    return bodies.every((body) => equalBytes(body, first)) ? pass() : fail('two visitors get different keys');
  },
};

/** Checks of the keys that a gateway publishes. */
export const KEY_ROWS: readonly Row[] = [served, wellFormed, unique, sameForAll];
