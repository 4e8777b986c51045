import { Hono } from 'hono';
import {
  bundleSigningInput,
  encodedVersion1,
  MOST_PROOF,
  nobleEd25519Verify,
  type VersionSignatures,
} from '@sotto/bundle';
import { HttpError, readBody } from '@sotto/http';
import {
  base64url,
  epochIndexAt,
  fromBase64url,
  fromUtf8,
  HORIZON,
  usableEpochs,
  utf8,
  type Bytes,
  type UnixSeconds,
} from '@sotto/wire';
import type { Config } from './config.ts';
import { gaugesText, healthOf, healthRoutes, type Health } from '@sotto/service/health';
import { metricsResponse, metricsText, type CounterStore, type Tally } from '@sotto/service/metrics';
import { operatorOnly, type OperatorLog } from '@sotto/service/operator';
import { prepare, type AuthorityDeps } from './keys/authority.ts';
import { replaceUnreadable, rewrapKeys } from './keys/rotation.ts';
import { runSchedule } from './keys/schedule.ts';
import { FAMILIES } from './metrics.ts';

export interface OperatorDeps {
  readonly config: Pick<Config, 'epochSeconds' | 'root' | 'operators'>;
  readonly authority: AuthorityDeps;
  readonly tally: Tally;
  /** Where the counts of all isolates add up. */
  readonly counters: CounterStore;
  readonly log: OperatorLog;
  readonly now: () => UnixSeconds;
  readonly deadline: (ms: number) => AbortSignal;
}

const PREFIX = 'sotto_gateway';
const MAX_SIGNATURES = 65_536; // bytes of JSON
const UPLOAD_MS = 10_000;
const NO_STORE = { 'cache-control': 'no-store' };

/** The routes of the operator. For anybody else they do not exist. */
export function operator(deps: OperatorDeps): Hono {
  const app = new Hono();
  const { authority, config } = deps;
  app.use('/metrics', operatorOnly(config.operators, 'metrics'));
  app.use('/operator/*', operatorOnly(config.operators, 'keys', { log: deps.log, now: deps.now }));

  app.get('/metrics', async () => {
    const { gauges } = await healthOfGateway(deps); // also when the store cannot be reached
    await deps.tally.flush(deps.counters).catch(() => {});
    const totals = await deps.counters.totals().catch(() => ({}));
    return metricsResponse(metricsText(PREFIX, FAMILIES, totals) + gaugesText(PREFIX, gauges));
  });
  app.route(
    '/',
    healthRoutes(() => healthOfGateway(deps), operatorOnly(config.operators, 'metrics')),
  );
  app.get('/operator/audit', async (c) => c.json(await stored(deps.log.list()), 200, NO_STORE));
  app.get('/operator/keys', async (c) => {
    const { from } = usableEpochs(deps.now(), config.epochSeconds);
    const epochs = await stored(authority.store.epochs(from, ahead(deps)));
    const shown = epochs.map(({ epochIndex, keys }) => ({
      sequence: epochIndex,
      notBefore: epochIndex * config.epochSeconds,
      keys: keys.map(({ keyId, kemId, publicKey }) => ({ keyId, kemId, publicKey: base64url(publicKey) })),
    }));
    return c.json(shown, 200, NO_STORE);
  });
  /** Brings the epochs up to the schedule, as cron does. It makes nothing that is not due. */
  app.post('/operator/keys/rotate', async (c) => {
    await stored(runSchedule(authority, deps.now()));
    return c.body(null, 204, NO_STORE);
  });
  /** Wraps every key under KEY_WRAPPING_KEY that is still under KEY_WRAPPING_KEY_PREVIOUS. */
  app.post('/operator/keys/rewrap', async (c) => c.json(await stored(rewrapKeys(authority)), 200, NO_STORE));
  /** After a wrapping key was lost: makes new keys for later epochs. Their bundles have to be signed again. */
  app.post('/operator/keys/replace-unreadable', async (c) => {
    const replaced = await stored(replaceUnreadable(authority, deps.now()));
    return c.json({ replaced }, 200, NO_STORE);
  });
  bundleRoutes(app, deps);
  return app;
}

/** The routes with which an operator reads and signs bundles. */
function bundleRoutes(app: Hono, deps: OperatorDeps): void {
  const { authority, config } = deps;
  app.get('/operator/bundles', async (c) => {
    await prepare(authority, deps.now()).catch(() => {}); // bundles that are stored can be signed without the issuer
    const current = epochIndexAt(deps.now(), config.epochSeconds);
    const bundles = await stored(authority.store.bundles(current, ahead(deps)));
    const shown = bundles.map(({ epochIndex, bundle, signature, signature1, proof }) => ({
      sequence: epochIndex,
      bundle: base64url(bundle),
      signed: signature !== null,
      ...(proof !== null && { proof }), // from it operators learn which log it is of: the gateway knows no log
      ...(signature !== null && { signature: base64url(signature) }),
      ...(signature1 !== null && { signature1: base64url(signature1) }),
    }));
    return c.json(shown, 200, NO_STORE);
  });
  app.post('/operator/bundles', async (c) => {
    const signatures = parseSignatures(await readJson(c.req.raw, deps.deadline(UPLOAD_MS)));
    for (const signature of signatures) {
      if (!(await keep(deps, signature))) throw new HttpError('unprocessable-content');
    }
    return c.body(null, 204, NO_STORE);
  });
}

/** The store, the keys of the epochs, and how far their bundles are signed. */
export async function healthOfGateway({ authority, config, counters, now }: OperatorDeps): Promise<Health> {
  const at = { now: now(), epochSeconds: config.epochSeconds };
  const current = epochIndexAt(at.now, at.epochSeconds);
  const state = async () => {
    const [epochs, bundles] = await Promise.all([
      authority.store.epochs(current, current + HORIZON),
      authority.store.bundles(current, current + HORIZON),
    ]);
    return {
      epochs: epochs.map(({ epochIndex }) => epochIndex),
      signed: bundles.filter(({ signature }) => signature !== null).map(({ epochIndex }) => epochIndex),
      proven: bundles.filter(({ proof }) => proof !== null).map(({ epochIndex }) => epochIndex),
    };
  };
  return healthOf(state, counters, at);
}

const ahead = ({ now, config }: OperatorDeps): number => epochIndexAt(now(), config.epochSeconds) + HORIZON;

/** The result of the store or the issuer; `unavailable` when it fails. */
async function stored<T>(pending: Promise<T>): Promise<T> {
  return pending.catch((cause: unknown) => {
    throw new HttpError('unavailable', { cause });
  });
}

/** Signatures of the root on the bundle of an epoch, in both versions, perhaps with the proof that a log has it. */
interface UploadedSignature extends VersionSignatures {
  readonly epochIndex: number;
  readonly proof: string | null;
}

/** Keeps signatures of the root on the bundle that the epoch has now; false for any other. Clients verify the proof. */
async function keep(
  { authority: { store }, config }: OperatorDeps,
  { epochIndex, signature, signature1, proof }: UploadedSignature,
): Promise<boolean> {
  const [offered] = await stored(store.bundles(epochIndex, epochIndex));
  if (offered === undefined) return false;
  const { bundle } = offered;
  const version1 = encodedVersion1(bundle);
  const ofVersion1 = signature1 ?? offered.signature1; // a request that only adds a proof need not repeat it
  const isGood = (on: Bytes, by: Bytes): boolean =>
    nobleEd25519Verify(by, bundleSigningInput(on), config.root);
  if (!isGood(bundle, signature)) return false;
  if (version1 !== null && (ofVersion1 === null || !isGood(version1, ofVersion1))) return false;
  const kept = version1 === null ? null : ofVersion1;
  return stored(store.sign({ epochIndex, bundle, signature, signature1: kept, proof }));
}

async function readJson(request: Request, deadline: AbortSignal): Promise<unknown> {
  const body = await readBody(request, { maxBytes: MAX_SIGNATURES, deadline });
  try {
    return JSON.parse(fromUtf8(body));
  } catch (cause) {
    throw new HttpError('bad-request', { cause });
  }
}

function parseSignatures(value: unknown): UploadedSignature[] {
  if (!Array.isArray(value)) throw new HttpError('bad-request');
  return value.map((entry: unknown) => {
    const { sequence, signature, signature1 = null, proof = null } = (entry ?? {}) as Record<string, unknown>;
    if (signature1 !== null && typeof signature1 !== 'string') throw new HttpError('bad-request');
    if (!Number.isSafeInteger(sequence) || typeof signature !== 'string') throw new HttpError('bad-request');
    if (proof !== null && !isProof(proof)) throw new HttpError('bad-request');
    return {
      epochIndex: sequence as number,
      signature: bytes(signature),
      signature1: signature1 === null ? null : bytes(signature1),
      proof,
    };
  });
}

/** Whether this could be a proof. Clients verify it, because the gateway knows no log. */
function isProof(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && utf8(value).length <= MOST_PROOF && value.isWellFormed()
  );
}

function bytes(text: string): Bytes {
  try {
    return fromBase64url(text);
  } catch (cause) {
    throw new HttpError('bad-request', { cause });
  }
}
