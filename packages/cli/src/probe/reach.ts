import { BUNDLE_TYPE, decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { decodeKeyConfigs, MEDIA_TYPES, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import type { Bytes } from '@sotto/wire';
import { mediaType } from '@sotto/client/http';
import { WELL_KNOWN } from '../fetching.ts';
import {
  noise,
  NoResponseError,
  post,
  request,
  type Live,
  type ProbePlatform,
  type Sealing,
} from './live.ts';

export interface ProbeTarget extends ProbePlatform {
  readonly relay: string;
  readonly gateway: string | null;
  readonly roots: readonly Bytes[] | null;
  readonly epochSeconds: number;
  readonly egress: ReadonlyMap<string, string>;
}

/** Finds out where envelopes are posted and which keys they use. @throws {NoResponseError} */
export async function reach(reached: ProbeTarget): Promise<Live> {
  const resource = await resourceOf(reached);
  const bundleUrl = `${reached.relay}/bundle`;
  const bundle = await bundleAt(reached, bundleUrl);
  const own = await ownKeys(reached);
  const offered = bundle === null ? own : decodeKeyConfigs(bundle.keyConfigs);
  const sealing = sealingOf(reached, bundle?.suite ?? null, offered, own);
  const { services = [] } = bundle ?? {};
  return { ...reached, resource, bundleUrl: bundle === null ? null : bundleUrl, services, sealing };
}

/** Sotto relays accept envelopes at {base}/ohttp, others at the URL itself. */
async function resourceOf(reached: ProbeTarget): Promise<string> {
  const ours = `${reached.relay}/ohttp`;
  const { status } = await post({ ...reached, resource: ours }, noise(reached));
  return status === 404 || status === 405 ? reached.relay : ours;
}

async function bundleAt(reached: ProbeTarget, url: string): Promise<Bundle | null> {
  const { status, headers, body } = await request(reached, url);
  if (status !== 200 || mediaType(headers) !== BUNDLE_TYPE) return null;
  try {
    return decodeBundle(decodeSignedBundle(body).bundle);
  } catch {
    return null;
  }
}

async function ownKeys(reached: ProbeTarget): Promise<readonly KeyConfig[]> {
  if (reached.gateway === null) return [];
  try {
    const headers = { accept: MEDIA_TYPES.keys };
    return decodeKeyConfigs((await request(reached, reached.gateway + WELL_KNOWN, { headers })).body);
  } catch (error) {
    if (error instanceof NoResponseError) throw error;
    return []; // another check reports it
  }
}

/** The bundle's suite, or else the first supported one. */
function sealingOf(
  { hpke }: ProbePlatform,
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
