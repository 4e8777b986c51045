import type { Bundle, ServiceEntry } from '@sotto/bundle';
import { decodeKeyConfigs, type KeyConfig } from '@sotto/ohttp';
import { equalBytes, graceSeconds, type Bytes, type UnixSeconds } from '@sotto/wire';
import { acceptShown, storedBundle, type AcceptedBundle, type AcceptRules } from './bundle-store.ts';
import { ClientError, type ClientErrorCode } from './error.ts';
import { sendRequest } from './http.ts';
import { randomBelow, type ClientPlatform } from './platform.ts';

const MAX_BUNDLE = 1 << 20; // bytes
/** How long after the end of its epoch a bundle is still used, but at most half an epoch. */
const MAX_LATENESS = 7200; // seconds
/** Mirrors are fetched up to this long after the relay, so that they cannot tell when a request was made. */
const MIRROR_DELAY = 600; // seconds

/** After these errors there is no reason to doubt the cached bundle. */
const UNAVAILABLE: ReadonlySet<ClientErrorCode> = new Set([
  'relay-unreachable',
  'relay-failed',
  'bundle-unconfirmed',
  'bundle-unlogged',
]);

/** The dependencies of the bundle cache. */
export interface BundleCacheDeps
  extends Pick<ClientPlatform, 'fetch' | 'random' | 'now' | 'wallet' | 'deadline'>, Omit<AcceptRules, 'now'> {
  readonly sleep: (seconds: number, background?: boolean) => Promise<void>;
  /** URL of the relay's bundle. */
  readonly bundleUrl: string;
  /** Other URLs of the bundle. */
  readonly mirrors: readonly string[];
  readonly keyDelaySeconds: number;
}

/** The bundle in use, with what is derived from it once. */
export interface ActiveBundle {
  readonly bundle: Bundle;
  /** The key configuration of the bundle's suite. */
  readonly config: KeyConfig;
  /** By name. */
  readonly services: ReadonlyMap<string, ServiceEntry>;
}

interface CachedBundle extends ActiveBundle {
  readonly digest: Bytes;
  readonly refreshAt: UnixSeconds;
}

/** The keys of gateway and issuer. They come from the signed bundle only (privacy L7). */
export class BundleCache {
  readonly #deps: BundleCacheDeps;
  #cached: CachedBundle | null = null;
  #fetching: Promise<ActiveBundle> | null = null;
  #refetching: Promise<void> | null = null;
  #confirmedAt: UnixSeconds = 0;

  constructor(deps: BundleCacheDeps) {
    this.#deps = deps;
  }

  /**
   * A bundle that may be used now. It is fetched if there is none, and again some random time into the next epoch. If
   * that fails, the cached bundle is used for two more hours. Then requests stop, because everyone else has newer keys.
   *
   * @throws {ClientError} `relay-unreachable`, `relay-failed`, `bundle-refused`, `bundle-outdated`,
   *   `bundle-unconfirmed`, `equivocation`, `clock-wrong`
   */
  async current(): Promise<ActiveBundle> {
    const cached = await this.#load();
    const usable = cached !== null && this.#isUsable(cached.bundle);
    if (usable && this.#deps.now() < cached.refreshAt) return cached;
    const fetched = await this.#refresh().catch((error: unknown) => this.#afterFailure(error));
    if (!this.#isUsable(fetched.bundle)) throw new ClientError('bundle-outdated');
    return fetched;
  }

  /** The bundle of the running epoch; tokens are issued under no other. @throws {ClientError} as `current` */
  async ofRunningEpoch(): Promise<ActiveBundle> {
    const cached = await this.#load();
    if (cached !== null && this.#isOfRunningEpoch(cached.bundle)) return cached;
    const fetched = await this.#refresh();
    if (!this.#isOfRunningEpoch(fetched.bundle)) throw new ClientError('relay-failed');
    return fetched;
  }

  /** As `current`, but waits until mirrors have confirmed the bundle. */
  async confirmed(): Promise<ActiveBundle> {
    return this.current().catch(async (error: unknown) => {
      if (!(error instanceof ClientError) || error.code !== 'bundle-unconfirmed') throw error;
      return this.#downloadOnce();
    });
  }

  /**
   * Fetches the bundle once more after a random delay, because the gateway refused the key. Other requests wait for
   * it. Nothing is sent again (privacy L9; RFC 9458 §6.5).
   */
  refetchLater(): void {
    this.#refetching ??= this.#refetch().finally(() => {
      this.#refetching = null;
    });
  }

  async #refetch(): Promise<void> {
    const { sleep, keyDelaySeconds, random } = this.#deps;
    if (keyDelaySeconds > 0) await sleep(randomBelow(Math.ceil(keyDelaySeconds * 1000), random) / 1000);
    await this.#refresh().catch(() => {});
  }

  /** The cached bundle after a failed fetch, if it may still be used. */
  #afterFailure(error: unknown): ActiveBundle {
    const kept = this.#cached;
    const unavailable = error instanceof ClientError && UNAVAILABLE.has(error.code);
    if (kept === null || !unavailable || this.#deps.now() >= kept.bundle.notAfter) throw error;
    return kept;
  }

  #isOfRunningEpoch({ notBefore }: Bundle): boolean {
    return this.#deps.now() < notBefore + this.#deps.epochSeconds && this.#hasBegun(notBefore);
  }

  #isUsable({ notBefore }: Bundle): boolean {
    const { now, epochSeconds } = this.#deps;
    const end = notBefore + epochSeconds + Math.min(MAX_LATENESS, epochSeconds / 2);
    return now() < end && this.#hasBegun(notBefore);
  }

  #hasBegun(notBefore: UnixSeconds): boolean {
    return notBefore <= this.#deps.now() + graceSeconds(this.#deps.epochSeconds);
  }

  /** The cached bundle, or else the wallet's, after any refetch that is under way. */
  async #load(): Promise<CachedBundle | null> {
    await this.#refetching;
    if (this.#cached !== null) return this.#cached;
    const stored = await this.#deps.wallet.update((state) => storedBundle(state, this.#rules()));
    return stored === null ? null : this.#use(stored, 0);
  }

  /**
   * Fetches the bundle. If there are mirrors it only starts to, because a mirror must not learn when a request is made.
   *
   * @throws {ClientError} `bundle-unconfirmed` while mirrors are being fetched
   */
  async #refresh(): Promise<ActiveBundle> {
    const download = this.#downloadOnce();
    if (this.#deps.mirrors.length === 0) return download;
    download.catch(() => {});
    throw new ClientError('bundle-unconfirmed', { until: this.#confirmedAt });
  }

  /** Concurrent calls share one download. */
  #downloadOnce(): Promise<ActiveBundle> {
    this.#fetching ??= this.#download().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #download(): Promise<ActiveBundle> {
    const { bundleUrl, mirrors, wallet, sleep, random, now, epochSeconds } = this.#deps;
    const first = this.#get(bundleUrl);
    const delay =
      mirrors.length === 0 ? 0 : randomBelow(Math.ceil(Math.min(MIRROR_DELAY, epochSeconds / 24)), random);
    this.#confirmedAt = now() + delay;
    first.catch(() => {});
    if (mirrors.length > 0) await sleep(delay, true);
    const results = await Promise.allSettled([first, ...mirrors.map((url) => this.#get(url))]);
    if (results.every(({ status }) => status === 'rejected')) throw new ClientError('relay-unreachable');
    const shown = results.flatMap((result) =>
      result.status === 'fulfilled' && result.value !== null ? [result.value] : [],
    );
    if (shown.length === 0) throw new ClientError('relay-failed');
    const outcome = await wallet.update((state) => acceptShown(state, shown, this.#rules()));
    if (outcome instanceof ClientError) {
      if (outcome.code === 'equivocation') this.#cached = null;
      throw outcome;
    }
    return this.#use(outcome, this.#cached?.bundle.sequence ?? -1);
  }

  /** The body at a URL; null if the response is not 200. */
  async #get(url: string): Promise<Bytes | null> {
    const { status, body } = await sendRequest(this.#deps, url, { maxBytes: MAX_BUNDLE });
    return status === 200 ? body : null;
  }

  #rules(): AcceptRules {
    const { pins, policy, agree, epochSeconds, now } = this.#deps;
    return { pins, policy, agree, epochSeconds, now: now() };
  }

  /** Caches a bundle, and chooses the time from which its successor is fetched. */
  #use(accepted: AcceptedBundle, previousSequence: number): CachedBundle {
    const { bundle, digest } = accepted;
    const { now, random, epochSeconds } = this.#deps;
    const unchanged = bundle.sequence === previousSequence && !this.#isOfRunningEpoch(bundle);
    const from = unchanged ? now() : bundle.notBefore + epochSeconds;
    const spread = Math.max(1, Math.floor(Math.min(epochSeconds / 24, 3600)));
    const refreshAt = from + randomBelow(spread, random);
    const same = this.#cached !== null && equalBytes(this.#cached.digest, digest) ? this.#cached : null;
    this.#cached = { ...(same ?? activate(bundle)), digest, refreshAt };
    return this.#cached;
  }
}

/** @throws {ClientError} `bundle-refused` if no key fits the bundle's own suite */
function activate(bundle: Bundle): ActiveBundle {
  const { kemId, kdfId, aeadId } = bundle.suite;
  const config = keyConfigsOf(bundle).find(
    (one) => one.kemId === kemId && one.suites.some((s) => s.kdfId === kdfId && s.aeadId === aeadId),
  );
  if (config === undefined) throw new ClientError('bundle-refused');
  return { bundle, config, services: new Map(bundle.services.map((entry) => [entry.name, entry])) };
}

function keyConfigsOf({ keyConfigs }: Bundle): KeyConfig[] {
  try {
    return decodeKeyConfigs(keyConfigs);
  } catch {
    throw new ClientError('bundle-refused');
  }
}
