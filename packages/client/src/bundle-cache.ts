import {
  acceptBundle,
  BundleError,
  decodeSignedBundle,
  bundleDigest,
  verifySignedBundle,
  type AcceptedBundle,
  type Bundle,
  type ServiceEntry,
} from '@sotto/bundle';
import { decodeKeyConfigs, type KeyConfig } from '@sotto/ohttp';
import { base64url, equalBytes, type Bytes, type UnixSeconds } from '@sotto/wire';
import { ClientError, type ClientErrorCode } from './error.ts';
import { sendRequest } from './http.ts';
import { randomBelow, type ClientPlatform } from './platform.ts';
import type { WalletState } from './wallet/state.ts';

const MAX_BUNDLE = 1 << 20; // bytes

/** No bundle was returned, so there is no reason to doubt the cached one. */
const UNAVAILABLE: ReadonlySet<ClientErrorCode> = new Set(['relay-unreachable', 'relay-failed']);

/** What the bundle cache needs. */
export interface BundleCacheDeps extends Pick<
  ClientPlatform,
  'fetch' | 'random' | 'now' | 'wallet' | 'deadline'
> {
  readonly sleep: (seconds: number) => Promise<void>;
  /** URLs of the bundle: the relay's, then mirrors. */
  readonly bundleUrls: readonly string[];
  /** How many of them must show the same bundle. */
  readonly agree: number;
  /** Pinned root keys, 32 bytes each. */
  readonly pins: readonly Bytes[];
  readonly epochSeconds: number;
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

  constructor(deps: BundleCacheDeps) {
    this.#deps = deps;
  }

  /**
   * A valid bundle. It is fetched if there is none, and again some random time into the next epoch. If that fails,
   * the cached bundle is used until it expires.
   *
   * @throws {ClientError} `relay-unreachable`, `relay-failed`, `bundle-refused`, `equivocation`, `clock-wrong`
   */
  async current(): Promise<ActiveBundle> {
    const { now } = this.#deps;
    const cached = await this.#load();
    if (cached !== null && now() < cached.refreshAt && now() < cached.bundle.notAfter) return cached;
    try {
      return await this.#fetchOnce();
    } catch (error) {
      const kept = this.#cached;
      const unavailable = error instanceof ClientError && UNAVAILABLE.has(error.code);
      if (kept === null || !unavailable || now() >= kept.bundle.notAfter) throw error;
      return kept;
    }
  }

  /** The bundle of the running epoch; tokens are issued under no other. @throws {ClientError} as `current` */
  async ofRunningEpoch(): Promise<ActiveBundle> {
    const cached = await this.#load();
    if (cached !== null && this.#isOfRunningEpoch(cached.bundle)) return cached;
    const fetched = await this.#fetchOnce();
    if (!this.#isOfRunningEpoch(fetched.bundle)) throw new ClientError('relay-failed');
    return fetched;
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
    await this.#download().catch(() => {});
  }

  #isOfRunningEpoch({ notBefore }: Bundle): boolean {
    return this.#deps.now() < notBefore + this.#deps.epochSeconds;
  }

  /** The cached bundle, or else the wallet's, after any refetch that is under way. */
  async #load(): Promise<CachedBundle | null> {
    await this.#refetching;
    if (this.#cached !== null) return this.#cached;
    const stored = await this.#deps.wallet.update((state) => this.#stored(state));
    return stored === null ? null : this.#use(stored, 0);
  }

  /** Fetches the bundle; concurrent calls share one fetch. */
  #fetchOnce(): Promise<ActiveBundle> {
    this.#fetching ??= this.#download().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #download(): Promise<ActiveBundle> {
    const { bundleUrls, wallet } = this.#deps;
    const results = await Promise.allSettled(
      bundleUrls.map((url) => sendRequest(this.#deps, url, { maxBytes: MAX_BUNDLE })),
    );
    const shown = results.flatMap((result) =>
      result.status === 'fulfilled' && result.value.status === 200 ? [result.value.body] : [],
    );
    if (results.every(({ status }) => status === 'rejected')) throw new ClientError('relay-unreachable');
    if (shown.length === 0) throw new ClientError('relay-failed');
    const outcome = await wallet.update((state) => this.#accept(state, shown));
    if (outcome instanceof ClientError) {
      if (outcome.code === 'equivocation') this.#cached = null;
      throw outcome;
    }
    return this.#use(outcome, this.#cached?.bundle.sequence ?? -1);
  }

  /** Compares the bundles that were shown with the stored one, and stores the newest (specs/bundle.md). */
  #accept(state: WalletState, shown: readonly Bytes[]): AcceptedBundle | ClientError {
    const { pins, now, epochSeconds, agree } = this.#deps;
    const stored = this.#stored(state);
    try {
      const options = { roots: pins, now: now(), epochSeconds, agree };
      const accepted = acceptBundle(stored, shown, options);
      const { sequence } = accepted.bundle;
      if (sequence <= state.refused) return new ClientError('equivocation');
      if (sequence < state.sequence) return new ClientError('bundle-refused');
      state.sequence = sequence;
      state.bundle = { signed: accepted.signed, roots: accepted.roots, pins: this.#pins() };
      return accepted;
    } catch (error) {
      const code = error instanceof BundleError ? error.code : null;
      if (code === 'equivocation') {
        const roots = [...pins, ...(stored?.roots ?? [])];
        const sequences = shown.map((one) => this.#sequenceOf(one, roots));
        state.refused = Math.max(state.refused, state.sequence, ...sequences);
        state.bundle = null;
        return new ClientError('equivocation');
      }
      return new ClientError(code === 'not-yet' ? 'clock-wrong' : 'bundle-refused');
    }
  }

  /** The wallet's bundle, if it verifies under the roots that are pinned now. */
  #stored({ bundle }: WalletState): AcceptedBundle | null {
    if (bundle === null || bundle.pins !== this.#pins()) return null;
    const { now, epochSeconds } = this.#deps;
    try {
      const { signed, roots } = bundle;
      const verified = verifySignedBundle(signed, { roots, now: now(), epochSeconds });
      const digest = bundleDigest(decodeSignedBundle(signed).bundle);
      return { bundle: verified, signed, digest, roots };
    } catch {
      return null;
    }
  }

  #pins(): string {
    return this.#deps.pins.map(base64url).join(' ');
  }

  /** The sequence of a bundle; -1 if it does not verify. */
  #sequenceOf(signed: Bytes, roots: readonly Bytes[]): number {
    const { now, epochSeconds } = this.#deps;
    try {
      return verifySignedBundle(signed, { roots, now: now(), epochSeconds }).sequence;
    } catch {
      return -1;
    }
  }

  /** Caches a bundle, and chooses the time from which its successor is fetched. */
  #use(accepted: AcceptedBundle, previousSequence: number): CachedBundle {
    const { bundle, digest } = accepted;
    const { now, random, epochSeconds } = this.#deps;
    const unchanged = bundle.sequence === previousSequence && !this.#isOfRunningEpoch(bundle);
    const from = unchanged ? now() : bundle.notBefore + epochSeconds;
    const spread = Math.max(1, Math.floor(Math.min(epochSeconds / 24, 3600)));
    const refreshAt = from + randomBelow(spread, random);
    const same = this.#cached !== null && equalBytes(this.#cached.digest, digest);
    this.#cached = {
      ...(same && this.#cached !== null ? this.#cached : activate(bundle)),
      digest,
      refreshAt,
    };
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
