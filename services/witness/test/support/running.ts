import { encodeBundle, encodeSignedBundle, rootPublicKey, signBundle } from '@sotto/bundle';
import { memoryCounters, Tally } from '@sotto/service/metrics';
import { consistencyProof, encodePackage, encodeUploadHeader } from '@sotto/tlog';
import { ED25519, formatAddCheckpoint, leafHash, packageRanges, verifierKeyOf } from '@sotto/tlog';
import { concat, EMPTY, type Bytes } from '@sotto/wire';
import { checkpointOf, LOG, ORIGIN, seed } from '../../../../test/support/bundle-log.ts';
import { witness, type WitnessDeps } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import type { WitnessStore } from '../../src/ports.ts';

export const NAME = 'mirror.example';
export const SECRET = seed(31);
const ROOT_SECRET = seed(7);
export const ROOT = rootPublicKey(ROOT_SECRET);
export const BASE = 20_788;
export const NOW = 1_796_000_000;

/** The signed bundle of an epoch; `mark` tells two of one epoch apart. */
export function bundleEntry(epochIndex: number, mark = 0, secret = ROOT_SECRET): Bytes {
  const bundle = encodeBundle({
    sequence: epochIndex,
    notBefore: epochIndex * 86_400,
    notAfter: (epochIndex + 2) * 86_400,
    suite: { kemId: 0x64_7a, kdfId: 1, aeadId: 1 },
    keyConfigs: EMPTY,
    directory: Uint8Array.of(mark),
    services: [],
    nextRoot: EMPTY,
    extension: null,
  });
  return encodeSignedBundle({ bundle, signature: signBundle(bundle, secret) });
}

/** Bundles of the first epochs of the log. */
export const entriesOf = (size: number, mark = 0): Bytes[] =>
  Array.from({ length: size }, (_, i) => bundleEntry(BASE + i, mark));

/** A witness over a store; as a mirror, its entries have to be bundles. */
export function configOf(isMirror: boolean): Config {
  const key = verifierKeyOf(ORIGIN, ED25519, LOG);
  const bundles = isMirror ? { base: BASE, roots: [ROOT] } : null;
  const metrics = ['the-credential-of-the-operator'];
  return {
    name: NAME,
    secret: SECRET,
    isMirror,
    logs: new Map([[ORIGIN, { key, bundles }]]),
    operators: { metrics, support: metrics, keys: metrics },
  };
}

/** A mirror of a log with arbitrary entries, so that a test can have many. */
export function plainConfig(): Config {
  const { logs, ...config } = configOf(true);
  const open = [...logs].map(([origin, log]) => [origin, { ...log, bundles: null }] as const);
  return { ...config, logs: new Map(open) };
}

/** The app of a witness. */
export function startApp(store: WitnessStore, more: Partial<WitnessDeps> = {}) {
  const deps: WitnessDeps = {
    config: configOf(false),
    store,
    tally: new Tally(),
    counters: memoryCounters(),
    now: () => NOW,
    deadline: () => new AbortController().signal,
    ...more,
  };
  const app = witness(deps);
  const send = async (path: string, init?: RequestInit): Promise<Response> =>
    app.fetch(new Request(`https://${NAME}${path}`, init));
  const add = (body: string | Bytes) => send('/add-checkpoint', { method: 'POST', body });
  const upload = (body: BodyInit, headers: Readonly<Record<string, string>> = {}) =>
    send('/add-entries', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/octet-stream', ...headers },
    });
  return { app, deps, send, add, upload };
}

/** The body of an add-checkpoint from a size to a log of these entries. */
export function checkpointRequest(entries: readonly Bytes[], oldSize: number, log = LOG): string {
  const proof = consistencyProof(oldSize, entries.map(leafHash));
  return formatAddCheckpoint({ oldSize, proof, checkpoint: checkpointOf(entries, { witnesses: [], log }) });
}

/** The body of an add-entries: its packages in order, all of them or the first `most`. */
export function uploadBody(entries: readonly Bytes[], start = 0, most = Number.POSITIVE_INFINITY): Bytes {
  const range = { start, end: entries.length };
  return concat(
    encodeUploadHeader({ origin: ORIGIN, ...range, ticket: EMPTY }),
    ...packageRanges(range)
      .slice(0, most)
      .map((one) => encodePackage(one, entries)),
  );
}
