import type { Bundle } from '@sotto/bundle';
import { clientHpke } from '@sotto/ohttp/client';
import { ristretto255Voprf } from '@sotto/voprf/ristretto255';
import type { SearchPage } from '@sotto/sticker-search/types';
import type { UnixSeconds } from '@sotto/wire';
import type { Attempt } from './error.ts';
import { Keys } from './keys.ts';
import { checkOptions } from './options.ts';
import { realmLock, timerSleep, type ClientOptions } from './platform.ts';
import { Requests, type RequestOptions, type ServiceRequest, type ServiceResponse } from './requests.ts';
import { decodeSearch, encodeSearch, STICKERS, type SearchOptions } from './search.ts';
import { Tokens } from './tokens.ts';

const HOUR = 3600; // seconds

/** Every method throws a ClientError and nothing else. */
export interface Client {
  /** Searches for stickers. */
  search(query: string, options?: SearchOptions): Promise<SearchPage>;
  /** The same search again, by its user's wish: same token, same question, new envelope; at most twice. */
  retrySearch(attempt: Attempt): Promise<SearchPage>;
  /** Asks any service of the gateway's table. Its own 4xx answers come back as they are. */
  request(service: string, request: ServiceRequest, options?: RequestOptions): Promise<ServiceResponse>;
  /** The same request again, by its user's wish. */
  retry(attempt: Attempt): Promise<ServiceResponse>;
  /** Draws the tokens that the schedule has due; with `more`, one batch beyond it. */
  refill(options?: { readonly more?: boolean }): Promise<void>;
  /** Keeps to the schedule until the function that it returns is called. */
  start(): () => void;
  /** The key bundle in use. */
  bundle(): Promise<Bundle>;
}

/**
 * A client of one relay and one issuer. Everything it does to the world goes through `options`.
 *
 * @throws {ClientError} `config`
 */
export function createClient(options: ClientOptions): Client {
  const checked = checkOptions(options);
  const { now } = options;
  const sleep = options.sleep ?? timerSleep;
  const deps = { ...options, ...checked, sleep };
  const keys = new Keys(deps);
  const voprf = options.voprf ?? ristretto255Voprf();
  const tokens = new Tokens({ ...deps, keys, voprf, lock: options.lock ?? realmLock() });
  const requests = new Requests({ ...deps, keys, tokens, hpke: options.hpke ?? clientHpke() });

  async function refill({ more = false }: { readonly more?: boolean } = {}): Promise<void> {
    for (const service of checked.services) await tokens.refill(service, more);
  }

  /** Draws what is due, and says when something is due next. */
  async function turn(): Promise<UnixSeconds> {
    await refill().catch(() => {});
    const due = checked.services.map((service) => tokens.nextDue(service));
    return Promise.all(due).then(
      (times) => Math.min(...times),
      () => now() + HOUR,
    );
  }

  return {
    async search(query, searchOptions = {}) {
      const content = encodeSearch(query, searchOptions);
      const what = { method: 'POST', path: '/v1/search', contentType: 'application/json', content };
      return decodeSearch(await requests.request(STICKERS, what, searchOptions));
    },
    retrySearch: async (attempt) => decodeSearch(await requests.retry(attempt)),
    request: async (service, what, requestOptions = {}) => requests.request(service, what, requestOptions),
    retry: async (attempt) => requests.retry(attempt),
    refill,
    start() {
      const running = { stopped: false };
      const run = async (): Promise<void> => {
        while (!running.stopped) {
          const due = await turn();
          await sleep(Math.max(1, Math.min(HOUR, due - now())), true);
        }
      };
      void run();
      return () => {
        running.stopped = true;
      };
    },
    bundle: async () => (await keys.current()).bundle,
  };
}
