import { Hono } from 'hono';
import { bundleSigningInput, nobleEd25519Verify } from '@sotto/bundle';
import { bearerToken, equalText, HttpError, problemResponse, readBody } from '@sotto/http';
import {
  base64url,
  epochIndexAt,
  fromBase64url,
  fromUtf8,
  HORIZON,
  usableEpochs,
  type Bytes,
  type UnixSeconds,
} from '@sotto/wire';
import type { Config } from './config.ts';
import type { Counters } from './counters.ts';
import { destroyDead, prepare, type AuthorityDeps } from './keys/authority.ts';
import { OUTER } from './problem.ts';

export interface OperatorDeps {
  readonly config: Pick<Config, 'epochSeconds' | 'root' | 'operatorToken'>;
  readonly authority: AuthorityDeps;
  readonly counters: Counters;
  readonly now: () => UnixSeconds;
  readonly deadline: (ms: number) => AbortSignal;
}

const MAX_SIGNATURES = 65_536; // bytes of JSON
const UPLOAD_MS = 10_000;
const NO_STORE = { 'cache-control': 'no-store' };

/** Routes for who runs the gateway. To anybody else they are not there. */
export function operator(deps: OperatorDeps): Hono {
  const app = new Hono();
  const { authority, config } = deps;
  for (const path of ['/operator/*', '/metrics']) {
    app.use(path, async (c, next) => {
      const given = bearerToken(c.req.raw.headers) ?? '';
      if (!equalText(given, config.operatorToken)) return problemResponse(OUTER['not-found']);
      await next();
      return undefined;
    });
  }

  app.get('/metrics', (c) =>
    c.body(deps.counters.text(), 200, { ...NO_STORE, 'content-type': 'text/plain; version=0.0.4' }),
  );
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
  /** Brings the epochs up to the schedule, as cron does: nothing comes of it that was not due. */
  app.post('/operator/keys/rotate', async (c) => {
    await stored(destroyDead(authority, deps.now()));
    await stored(prepare(authority, deps.now()));
    return c.body(null, 204, NO_STORE);
  });
  app.get('/operator/bundles', async (c) => {
    await prepare(authority, deps.now()).catch(() => {}); // what is there can be signed without the issuer
    const current = epochIndexAt(deps.now(), config.epochSeconds);
    const bundles = await stored(authority.store.bundles(current, ahead(deps)));
    const shown = bundles.map(({ epochIndex, bundle, signature }) => ({
      sequence: epochIndex,
      bundle: base64url(bundle),
      signed: signature !== null,
    }));
    return c.json(shown, 200, NO_STORE);
  });
  app.post('/operator/bundles', async (c) => {
    const signatures = parseSignatures(await readJson(c.req.raw, deps.deadline(UPLOAD_MS)));
    for (const { epochIndex, signature } of signatures) {
      if (!(await keep(deps, epochIndex, signature))) throw new HttpError('unprocessable-content');
    }
    return c.body(null, 204, NO_STORE);
  });
  return app;
}

const ahead = ({ now, config }: OperatorDeps): number => epochIndexAt(now(), config.epochSeconds) + HORIZON;

/** What the store or the issuer says; `unavailable` when it fails. */
async function stored<T>(pending: Promise<T>): Promise<T> {
  return pending.catch((cause: unknown) => {
    throw new HttpError('unavailable', { cause });
  });
}

/** Keeps a signature of the root on the bundle that the epoch has now; false for any other. */
async function keep(
  { authority: { store }, config }: OperatorDeps,
  epochIndex: number,
  signature: Bytes,
): Promise<boolean> {
  const [offered] = await stored(store.bundles(epochIndex, epochIndex));
  if (offered === undefined) return false;
  const { bundle } = offered;
  if (!nobleEd25519Verify(signature, bundleSigningInput(bundle), config.root)) return false;
  return stored(store.sign({ epochIndex, bundle, signature }));
}

async function readJson(request: Request, deadline: AbortSignal): Promise<unknown> {
  const body = await readBody(request, { maxBytes: MAX_SIGNATURES, deadline });
  try {
    return JSON.parse(fromUtf8(body));
  } catch (cause) {
    throw new HttpError('bad-request', { cause });
  }
}

function parseSignatures(value: unknown): { epochIndex: number; signature: Bytes }[] {
  if (!Array.isArray(value)) throw new HttpError('bad-request');
  return value.map((entry: unknown) => {
    const { sequence, signature } = (entry ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(sequence) || typeof signature !== 'string') throw new HttpError('bad-request');
    return { epochIndex: sequence as number, signature: bytes(signature) };
  });
}

function bytes(text: string): Bytes {
  try {
    return fromBase64url(text);
  } catch (cause) {
    throw new HttpError('bad-request', { cause });
  }
}
