import { CORS, type Deadline, HttpError, PREFLIGHT } from '@sotto/http';
import { ConfigError } from '@sotto/service/config';
import { Hono } from 'hono';
import { refuse } from './response.ts';
import { scheduledBundle, type FetchedBundle, type ScheduledBundle } from './bundle.ts';
import type { Config } from './config.ts';
import { exchange, type Send } from './exchange.ts';
import { BUNDLE_FORMS, fetchBundle } from './fetch-bundle.ts';

export interface RelayDeps {
  readonly config: Config;
  readonly send: Send;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** A signal that aborts after this many milliseconds. */
  readonly timeout: (ms: number) => Deadline;
  /** Whether timers call {@link Relay.schedules}, so that no client's request has to fetch a bundle. */
  readonly byTimer?: boolean;
  /** One line for the operator. */
  readonly warn?: (line: string) => void;
}

/**
 * All facts about a client that the relay's app gets besides the request: no address, only whether it is
 * admitted.
 */
export interface Visit {
  /**
   * Whether the client is within its rate limit; called once, before anything is sent on. Bundles have a limit of their
   * own, so that fetching them neither uses up the limit of exchanges nor shows what is left of it.
   */
  readonly admit: (what: 'exchange' | 'bundle') => boolean | Promise<boolean>;
  /** Aborts when the client closes the connection. Without it the platform ends the whole request then, as workerd does. */
  readonly left?: AbortSignal;
  /** Keeps work alive that outlives the response. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export interface Relay {
  readonly app: Hono<{ Bindings: Visit }>;
  /** Fetches every gateway's key bundle: one turn of the schedule. */
  readonly refresh: () => Promise<void>;
  /** One for each gateway: fetches its bundle if it is due. Returns when the next one is, in Unix milliseconds. */
  readonly schedules: readonly (() => Promise<number>)[];
}

const OPTIONS = { ...PREFLIGHT, 'access-control-allow-headers': 'content-type, incremental' };
const BUNDLE_HEADERS = { 'cache-control': 'public, max-age=60', ...CORS };

/** Passes envelopes on to the gateways that are configured, and shows everyone their key bundles. */
export function relay(deps: RelayDeps): Relay {
  const { config, send, now, sleep, timeout, byTimer = false, warn = () => {} } = deps;
  const { isRefused, isClosed, problemOf } = providerRules(config.refusedProvider);
  const app = new Hono<{ Bindings: Visit }>();
  const bundles: ScheduledBundle[] = [];
  const exchangeDeps = { send, timeout, limits: config.limits };

  // A path is matched as it was written: no query, nothing that decodes to another path.
  app.use(async (c, next) => {
    if (/[?%]/.test(c.req.raw.url)) return refuse('not-found');
    return next();
  });
  app.get('/health', () => new Response(null, { headers: { 'cache-control': 'no-store' } }));
  app.all('/health', () => refuse('method-not-allowed', { allow: 'GET, HEAD' }));
  app.use(async (c, next) =>
    isFromAllowedPage(c.req.raw.headers, config.corsOrigins) ? next() : refuse('forbidden'),
  );
  for (const gateway of config.gateways) {
    const bundle = scheduledBundle({
      fetchBundle: () => fetchBundle(send, timeout, gateway),
      now,
      sleep,
      periodMs: config.bundleSeconds * 1000,
      byTimer,
    });
    bundles.push(bundle);
    app.options(`${gateway.base}/ohttp`, () => new Response(null, { status: 204, headers: OPTIONS }));
    app.post(`${gateway.base}/ohttp`, async (c) => {
      const came = now();
      if (!(await c.env.admit('exchange'))) return refuse('too-many-requests');
      if (await isClosed(bundle, c.env)) return refuse('unavailable');
      const response = await exchange(exchangeDeps, gateway, c.req.raw, c.env.left).catch(refuseError);
      if (config.bucketMs > 0) await sleep(untilNextTick(now() - came, config.bucketMs));
      return response;
    });
    app.all(`${gateway.base}/ohttp`, () => refuse('method-not-allowed', { allow: 'POST, OPTIONS' }));
    bundleRoutes(app, gateway.base, bundle, isRefused);
  }
  app.notFound(() => refuse('not-found'));
  app.onError(refuseError);
  return {
    app,
    refresh: async () => {
      await Promise.all(bundles.map((bundle) => bundle.refresh()));
      if (bundles.some((bundle) => isRefused(bundle.latest()))) throw oneProvider();
    },
    schedules: bundles.map((bundle) => {
      let reported: string | null = null;
      return async () => {
        const due = await bundle.refreshDue();
        const problem = problemOf(bundle.latest());
        if (problem !== null && problem !== reported) warn(problem);
        reported = problem;
        return due;
      };
    }),
  };
}

/** Decides by the provider that a gateway names with its bundle. Null refuses no provider. */
function providerRules(refused: string | null) {
  const isRefused = (fetched: FetchedBundle | null): boolean =>
    refused !== null && fetched?.provider === refused;
  return {
    isRefused,
    /** Whether nothing is sent to a gateway, because its provider is refused, or not known yet. */
    isClosed: async (bundle: ScheduledBundle, { waitUntil }: Visit): Promise<boolean> => {
      if (refused === null) return false;
      const fetched = bundle.latest() ?? (await bundle.current(waitUntil));
      return fetched === null || isRefused(fetched);
    },
    /** What the operator of the relay is told about a gateway. */
    problemOf: (fetched: FetchedBundle | null): string | null => {
      if (isRefused(fetched)) return oneProvider().message;
      return refused !== null && fetched?.provider === null ? SILENT_GATEWAY : null;
    },
  };
}

/** Serves a gateway's bundle in each of its forms. */
function bundleRoutes(
  app: Relay['app'],
  base: string,
  bundle: ScheduledBundle,
  isRefused: (fetched: FetchedBundle | null) => boolean,
): void {
  for (const form of BUNDLE_FORMS) {
    const path = base + form.path;
    const headers = { 'content-type': form.mediaType, ...BUNDLE_HEADERS };
    app.options(path, () => new Response(null, { status: 204, headers: OPTIONS }));
    app.get(path, async (c) => {
      if (!(await c.env.admit('bundle'))) return refuse('too-many-requests');
      const fetched = await bundle.current(c.env.waitUntil);
      const bytes = isRefused(fetched) ? null : (fetched?.[form.name] ?? null);
      return bytes === null ? refuse('unavailable') : new Response(bytes, { headers });
    });
    app.all(path, () => refuse('method-not-allowed', { allow: 'GET, HEAD, OPTIONS' }));
  }
}

const SILENT_GATEWAY =
  'A gateway does not name its provider. Ask its operator to set PROVIDER, and whether it is yours';

const oneProvider = (): ConfigError =>
  new ConfigError(
    'PROVIDER',
    'is also the provider of a gateway, which could combine what both see. Move one, or set ALLOW_ONE_PROVIDER and tell your users',
  );

/**
 * Whether a web page may send this request. The listed origins may, or all without a list, and only where the page could
 * read the response: otherwise any page could use up the rate limit of the person who looks at it.
 */
function isFromAllowedPage(headers: Headers, origins: ReadonlySet<string> | null): boolean {
  const origin = headers.get('origin');
  const mode = headers.get('sec-fetch-mode');
  if (mode === 'no-cors' || mode === 'navigate') return false;
  return origin === null || origins === null || origins.has(origin);
}

function refuseError(error: unknown): Response {
  return refuse(error instanceof HttpError ? error.code : 'internal-error');
}

/**
 * Milliseconds from now to the next multiple of `bucket` after the request arrived. A clock that was set back
 * counts as stopped.
 */
function untilNextTick(passed: number, bucket: number): number {
  const elapsed = Math.max(0, passed);
  return Math.max(1, Math.ceil(elapsed / bucket)) * bucket - elapsed;
}
