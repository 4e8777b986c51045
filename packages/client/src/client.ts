import type { Bundle } from '@sotto/bundle';
import { clientHpke } from '@sotto/ohttp/client';
import { ristretto255Voprf } from '@sotto/voprf/ristretto255';
import type { SearchPage } from '@sotto/sticker-search/types';
import type { Bytes, UnixSeconds } from '@sotto/wire';
import { BundleCache } from './bundle-cache.ts';
import type { Attempt } from './error.ts';
import { checkOptions } from './options.ts';
import { realmLock, timerDeadline, timerSleep, type ClientOptions } from './platform.ts';
import {
  Requests,
  whole,
  type RequestOptions,
  type ServiceRequest,
  type ServiceResponse,
} from './requests.ts';
import { parseFetch, toResponse, type ClientRequestInit } from './fetch.ts';
import { decodeSearch, encodeSearch, STICKERS, type SearchOptions } from './search.ts';
import { TokenManager } from './token-manager.ts';
import type { HandOver } from './vouchers/hand-over.ts';

const HOUR = 3600; // seconds

/** A client of one relay and one issuer. Methods reject with a ClientError, or with the reason of a signal that aborted. */
export interface Client {
  /** Searches for stickers. */
  search(query: string, options?: SearchOptions): Promise<SearchPage>;
  /** Retries a search because its user asked to: same token, same request, new envelope; at most twice. */
  retrySearch(attempt: Attempt): Promise<SearchPage>;
  /**
   * Sends a private request to a service of the gateway's table, `https://SERVICE/…`, as `fetch` does. The service's own
   * responses are returned, whatever their status. The body of a service that streams arrives as the service sends it.
   */
  readonly fetch: (input: string | URL | Request, init?: ClientRequestInit) => Promise<Response>;
  /** Sends a request to a service of the gateway's table. Its own responses are returned, whatever their status. */
  request(service: string, request: ServiceRequest, options?: RequestOptions): Promise<ServiceResponse>;
  /** Retries a request because its user asked to. */
  retry(attempt: Attempt): Promise<ServiceResponse>;
  /** Requests the token batches that are due by schedule; with `more`, one batch beyond the schedule. */
  refill(options?: { readonly more?: boolean }): Promise<void>;
  /**
   * Takes vouchers out of this wallet, durably, for another device of the same person: `perEpoch` (1) for each of `epochs`
   * (7) from now on. The application carries the bytes, over a channel that nobody else reads.
   */
  exportVouchers(handOver?: HandOver): Promise<Bytes>;
  /** Adds vouchers that another device exported, and returns how many were new. */
  importVouchers(bytes: Bytes): Promise<number>;
  /** Refills by schedule until the function that it returns is called. */
  start(): () => void;
  /** The key bundle in use, after mirrors have confirmed it. */
  bundle(): Promise<Bundle>;
}

/**
 * Creates a client. It has no network, clock, randomness or storage but those in `options`.
 *
 * @throws {ClientError} `config`
 */
export function createClient(options: ClientOptions): Client {
  const checked = checkOptions(options);
  const sleep = options.sleep ?? timerSleep;
  const deps = { ...options, ...checked, sleep, deadline: options.deadline ?? timerDeadline };
  const bundles = new BundleCache(deps);
  const voprf = options.voprf ?? ristretto255Voprf(undefined, { pause: () => sleep(0) });
  const hpke = options.hpke ?? clientHpke();
  const tokens = new TokenManager({ ...deps, bundles, voprf, hpke, lock: options.lock ?? realmLock() });
  const requests = new Requests({ ...deps, bundles, tokens, hpke });
  const { services } = checked;
  return {
    async search(query, searchOptions = {}) {
      const content = encodeSearch(query, searchOptions);
      const request = { method: 'POST', path: '/v1/search', contentType: 'application/json', content };
      return decodeSearch(await requests.request(STICKERS, request, searchOptions, true));
    },
    fetch: async (input, init = {}) => {
      const { service, request, signal } = await parseFetch(input, init);
      const sent = requests.open(service, request, { ...init, ...(signal && { signal }) });
      const response = await sent.catch((error: unknown) => {
        request.body?.cancel(error).catch(() => {}); // if no one has started to read it
        throw error;
      });
      // React Native has no streams: there the content comes whole.
      return toResponse(typeof ReadableStream === 'function' ? response : await whole(response));
    },
    retrySearch: async (attempt) => decodeSearch(await requests.retry(attempt)),
    request: async (service, request, requestOptions = {}) =>
      requests.request(service, request, requestOptions),
    retry: async (attempt) => requests.retry(attempt),
    refill: async ({ more = false } = {}) => tokens.refillAll(more),
    exportVouchers: async (handOver = {}) => tokens.exportVouchers(handOver),
    importVouchers: async (bytes) => tokens.importVouchers(bytes),
    start: () => runSchedule({ tokens, bundles, services, now: options.now, sleep }),
    bundle: async () => (await bundles.confirmed()).bundle,
  };
}

interface ScheduleDeps {
  readonly tokens: TokenManager;
  readonly bundles: BundleCache;
  readonly services: readonly string[];
  readonly now: () => UnixSeconds;
  readonly sleep: (seconds: number, background: boolean) => Promise<void>;
}

/**
 * Renews the key bundle and refills whenever a batch is due, until the returned function is called. Failures are
 * retried when due again.
 */
function runSchedule({ tokens, bundles, services, now, sleep }: ScheduleDeps): () => void {
  const nextDue = (): Promise<UnixSeconds> =>
    Promise.all(services.map((service) => tokens.nextDue(service))).then(
      (times) => Math.min(...times),
      () => now() + HOUR,
    );
  const running = { stopped: false };
  const run = async (): Promise<void> => {
    while (!running.stopped) {
      await bundles.current().catch(() => {});
      await tokens.refillAll(false).catch(() => {});
      const due = await nextDue();
      await sleep(Math.max(1, Math.min(HOUR, due - now())), true);
    }
  };
  void run();
  return () => {
    running.stopped = true;
  };
}
