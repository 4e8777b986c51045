import { hasMediaType, HttpError, problemResponse, PROBLEMS, readBody, type ProblemCode } from '@sotto/http';
import { StoreError } from '@sotto/service/store';
import { fromUtf8 } from '@sotto/wire';
import { Hono, type Context } from 'hono';
import { ByteSource } from './byte-source.ts';
import { addCheckpoint, type CheckpointDeps } from './checkpoints.ts';
import type { OperatorDeps } from './operator.ts';
import { tileServer } from './tiles.ts';
import { addEntries } from './uploads.ts';

export interface WitnessDeps extends CheckpointDeps, OperatorDeps {
  readonly config: CheckpointDeps['config'] & OperatorDeps['config'];
  /** A signal that aborts after this many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
}

const MAX_CHECKPOINT = 72 * 1024; // bytes: a note of 64 KiB after a proof of 63 hashes
const CHECKPOINT_MS = 10_000;
const ENTRIES_MS = 60_000;
const MAX_UPLOADS = 16; // at once, each with one package of at most 4 MiB in memory

/** Cosigns the checkpoints of the logs that are configured; as a mirror, stores and serves their entries too. */
export function witness(deps: WitnessDeps): Hono {
  const { config, store, deadline } = deps;
  const app = new Hono();
  let uploads = 0;
  app.get('/health', (c) => c.body(null, 200, { 'cache-control': 'no-store' }));
  app.all('/health', () => refuse('method-not-allowed', { allow: 'GET, HEAD' }));
  app.post('/add-checkpoint', async (c) => {
    const limits = { maxBytes: MAX_CHECKPOINT, deadline: deadline(CHECKPOINT_MS) };
    return counted(deps, await addCheckpoint(deps, textOf(await readBody(c.req.raw, limits))));
  });
  app.all('/add-checkpoint', () => refuse('method-not-allowed', { allow: 'POST' }));
  if (config.isMirror) {
    const serve = tileServer(config, store);
    app.post('/add-entries', async (c) => {
      if (uploads === MAX_UPLOADS) throw new HttpError('unavailable');
      const source = new ByteSource(entriesOf(c.req.raw), deadline(ENTRIES_MS));
      uploads++;
      try {
        return counted(deps, await addEntries(deps, source));
      } finally {
        uploads--;
        await source.cancel();
      }
    });
    app.all('/add-entries', () => refuse('method-not-allowed', { allow: 'POST' }));
    app.get('/:folder{[0-9a-f]{64}}/:path{.+}', (c: Context) =>
      serve(c.req.param('folder') ?? '', c.req.param('path') ?? ''),
    );
  }
  return withRefusals(app, deps);
}

/** Refusals that say one problem of the closed table each. */
export function withRefusals(app: Hono, { tally }: Pick<WitnessDeps, 'tally'>): Hono {
  app.notFound(() => refuse('not-found'));
  app.onError((error) => {
    const code = codeOf(error);
    tally.count(`outcomes ${code}`);
    return refuse(code, code === 'unavailable' ? { 'retry-after': '5' } : {});
  });
  return app;
}

/** A refusal. */
export function refuse(code: ProblemCode, headers: Readonly<Record<string, string>> = {}): Response {
  return problemResponse(PROBLEMS[code], headers);
}

function codeOf(error: unknown): ProblemCode {
  if (error instanceof HttpError) return error.code;
  return error instanceof StoreError ? 'unavailable' : 'internal-error';
}

const OUTCOMES: Readonly<Record<number, string>> = { 200: 'ok', 202: 'partial', 409: 'conflict' };

function counted({ tally }: WitnessDeps, response: Response): Response {
  tally.count(`outcomes ${OUTCOMES[response.status] ?? 'ok'}`);
  return response;
}

function textOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new HttpError('bad-request', { cause });
  }
}

/** The body of an upload without its content coding. */
function entriesOf({ headers, body }: Request): ReadableStream<Uint8Array> {
  const coding = headers.get('content-encoding');
  const isKnown = coding === null || coding === 'gzip' || coding === 'identity';
  if (!isKnown || !hasMediaType(headers.get('content-type'), 'application/octet-stream')) {
    throw new HttpError('unsupported-media-type');
  }
  if (body === null) throw new HttpError('bad-request');
  if (coding !== 'gzip') return body;
  return body.pipeThrough(new DecompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>);
}
