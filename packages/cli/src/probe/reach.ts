import { BUNDLE_TYPE, decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { decodeKeyConfigs, MEDIA_TYPES, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import type { Bytes } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';
import { printable } from '../arguments.ts';
import { Failure } from '../command.ts';
import { WELL_KNOWN } from '../fetching.ts';
import {
  noise,
  post,
  type Live,
  type ProbeResponse,
  type RowPlatform,
  type Sealing,
  type Target,
} from './live.ts';

/** The target of a probe: a relay, or a gateway alone. */
export interface ProbeTarget extends RowPlatform {
  readonly relay: string | null;
  readonly gateway: string | null;
  /** Where the keys are; null: at the gateway. */
  readonly keysUrl: string | null;
  readonly keys: Bytes | null;
  readonly target: Target | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly roots: readonly Bytes[] | null;
  readonly epochSeconds: number;
  readonly egress: ReadonlyMap<string, string>;
}

/** Finds out where envelopes are posted and which keys they use. @throws {NoResponseError} */
export async function reach(reached: ProbeTarget): Promise<Live> {
  const { relay } = reached;
  const gateway =
    reached.gateway === null ? null : await resourceOf(reached, reached.gateway, WELL_KNOWN, {});
  const resource = relay === null ? gateway : await resourceOf(reached, relay, '/ohttp', reached.headers);
  if (resource === null) throw new Error('neither a relay nor a gateway');
  const keysUrl = reached.keysUrl ?? (reached.keys === null ? gateway : null);
  const bundle = relay === null ? null : await bundleAt(reached, `${relay}/bundle`);
  const own = reached.keys === null ? await keysAt(reached, keysUrl) : decodedKeys(reached.keys);
  const bundled = bundle === null ? [] : decodeKeyConfigs(bundle.keyConfigs);
  const offered = bundle === null ? own : bundled;
  return {
    ...reached,
    resource,
    gateway,
    keysUrl,
    offered: own.length > 0 ? own : bundled,
    bundleUrl: bundle === null ? null : `${relay}/bundle`,
    services: bundle?.services ?? [],
    sealing: chosen(reached, bundle?.suite ?? null, offered, own),
  };
}

/** Sotto accepts envelopes at a path under the base URL, other servers at the URL itself. */
async function resourceOf(
  reached: ProbeTarget,
  base: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const ours = base.endsWith(path) ? base : base + path;
  const response = await post({ ...reached, headers, resource: ours }, noise(reached));
  if (response.status >= 300 && response.status < 400) throw redirected(ours, response);
  return response.status === 404 || response.status === 405 ? base : ours;
}

/** An envelope is sent to the named server alone, so a redirect ends the probe. */
function redirected(url: string, { status, headers }: ProbeResponse): Failure {
  const location = headers.get('location') ?? '';
  const to = URL.canParse(location, url) ? ` to ${printable(new URL(location, url).href.slice(0, 200))}` : '';
  return new Failure(
    `${url} redirects${to} (HTTP ${status}). Envelopes are not redirected: name the URL that accepts them.`,
    3,
  );
}

async function bundleAt(reached: ProbeTarget, url: string): Promise<Bundle | null> {
  const { status, headers, body } = await reached.send(url);
  if (status !== 200 || mediaType(headers) !== BUNDLE_TYPE) return null;
  try {
    return decodeBundle(decodeSignedBundle(body).bundle);
  } catch {
    return null;
  }
}

async function keysAt(reached: ProbeTarget, url: string | null): Promise<readonly KeyConfig[]> {
  if (url === null) return [];
  const { status, body } = await reached.send(url, { headers: { accept: MEDIA_TYPES.keys } });
  return status === 200 ? decodedKeys(body) : [];
}

/** The usable keys of a collection; none if it is malformed. */
export function decodedKeys(collection: Bytes): readonly KeyConfig[] {
  try {
    return decodeKeyConfigs(collection);
  } catch {
    return []; // 9458/3.2/1 reports it
  }
}

/** The bundle's suite, or else the first supported one. */
function chosen(
  { hpke }: RowPlatform,
  named: { readonly kemId: number; readonly kdfId: number; readonly aeadId: number } | null,
  offered: readonly KeyConfig[],
  own: readonly KeyConfig[],
): Sealing | null {
  const keyIds = new Set([...offered, ...own].map(({ keyId }) => keyId));
  for (const config of offered) {
    if (named !== null && config.kemId !== named.kemId) continue;
    if (!hpke.kems.some(({ id }) => id === config.kemId)) continue;
    const suite = config.suites.find((one) => (named === null ? speaks(one) : same(one, named)));
    if (suite !== undefined) return { config, suite, keyIds };
  }
  return null;

  function speaks({ kdfId, aeadId }: SuiteIds): boolean {
    return hpke.kdfs.some(({ id }) => id === kdfId) && hpke.aeads.some(({ id }) => id === aeadId);
  }
}

const same = (a: SuiteIds, b: SuiteIds): boolean => a.kdfId === b.kdfId && a.aeadId === b.aeadId;
