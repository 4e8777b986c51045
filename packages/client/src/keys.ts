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
import { ask } from './http.ts';
import { below, type Platform } from './platform.ts';
import type { WalletState } from './wallet/state.ts';

const MAX_BUNDLE = 1 << 20; // bytes

/** Nothing was shown: no reason to doubt what is held. */
const DOWN: ReadonlySet<ClientErrorCode> = new Set(['relay-unreachable', 'relay-failed']);

export interface KeysDeps extends Pick<Platform, 'fetch' | 'random' | 'now' | 'wallet' | 'deadline'> {
  readonly sleep: (seconds: number) => Promise<void>;
  /** Where the bundle is asked for: the relay first, then mirrors. */
  readonly places: readonly string[];
  readonly agree: number;
  readonly pins: readonly Bytes[];
  readonly epochSeconds: number;
  readonly keyDelaySeconds: number;
}

/** The bundle in use, with what is computed of it once. */
export interface HeldBundle {
  readonly bundle: Bundle;
  /** The one key of the one suite that our clients use. */
  readonly config: KeyConfig;
  readonly services: ReadonlyMap<string, ServiceEntry>;
}

interface InUse extends HeldBundle {
  readonly digest: Bytes;
  readonly refreshAt: UnixSeconds;
}

/** The keys of gateway and issuer. They come from the relay's bundle and from nowhere else (privacy L7). */
export class Keys {
  readonly #deps: KeysDeps;
  #held: InUse | null = null;
  #loading: Promise<HeldBundle> | null = null;
  #afterRefusal: Promise<void> | null = null;

  constructor(deps: KeysDeps) {
    this.#deps = deps;
  }

  /**
   * A bundle that is still valid; fetched when there is none, or some random time into the next epoch. Where nothing
   * can be fetched, the one at hand goes on until it ends.
   */
  async current(): Promise<HeldBundle> {
    const { now } = this.#deps;
    const held = await this.#atHand();
    if (held !== null && now() < held.refreshAt && now() < held.bundle.notAfter) return held;
    try {
      return await this.#fetched();
    } catch (error) {
      const kept = this.#held;
      const down = error instanceof ClientError && DOWN.has(error.code);
      if (kept === null || !down || now() >= kept.bundle.notAfter) throw error;
      return kept;
    }
  }

  /** The bundle of the current epoch: tokens are drawn under no other. @throws {ClientError} `relay-failed` without one */
  async fresh(): Promise<HeldBundle> {
    const held = await this.#atHand();
    if (held !== null && this.#isFresh(held.bundle)) return held;
    const fetched = await this.#fetched();
    if (!this.#isFresh(fetched.bundle)) throw new ClientError('relay-failed');
    return fetched;
  }

  /**
   * The gateway refused the key: after a random delay the bundle is fetched once more, and whoever asks for keys
   * meanwhile waits. Nothing is sent again (privacy L9; RFC 9458 §6.5).
   */
  refused(): void {
    this.#afterRefusal ??= this.#refetch().finally(() => {
      this.#afterRefusal = null;
    });
  }

  async #refetch(): Promise<void> {
    const { sleep, keyDelaySeconds, random } = this.#deps;
    if (keyDelaySeconds > 0) await sleep(below(Math.ceil(keyDelaySeconds * 1000), random) / 1000);
    await this.#obtain().catch(() => {});
  }

  #isFresh({ notBefore }: Bundle): boolean {
    return this.#deps.now() < notBefore + this.#deps.epochSeconds;
  }

  /** What is held, or else kept in the wallet, once nobody waits for new keys. */
  async #atHand(): Promise<InUse | null> {
    await this.#afterRefusal;
    if (this.#held !== null) return this.#held;
    const kept = await this.#deps.wallet.update((state) => this.#kept(state));
    return kept === null ? null : this.#hold(kept, 0);
  }

  /** One fetch at a time, however many ask. */
  #fetched(): Promise<HeldBundle> {
    this.#loading ??= this.#obtain().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #obtain(): Promise<HeldBundle> {
    const { places, wallet } = this.#deps;
    const answers = await Promise.allSettled(
      places.map((url) => ask(this.#deps, url, { maxBytes: MAX_BUNDLE })),
    );
    const shown = answers.flatMap((answer) =>
      answer.status === 'fulfilled' && answer.value.status === 200 ? [answer.value.body] : [],
    );
    if (answers.every(({ status }) => status === 'rejected')) throw new ClientError('relay-unreachable');
    if (shown.length === 0) throw new ClientError('relay-failed');
    const outcome = await wallet.update((state) => this.#accept(state, shown));
    if (outcome instanceof ClientError) {
      if (outcome.code === 'equivocation') this.#held = null;
      throw outcome;
    }
    return this.#hold(outcome, this.#held?.bundle.sequence ?? -1);
  }

  /** Judges what was shown against what is kept, and keeps the better (specs/bundle.md). */
  #accept(state: WalletState, shown: readonly Bytes[]): AcceptedBundle | ClientError {
    const { pins, now, epochSeconds, agree } = this.#deps;
    const cached = this.#kept(state);
    try {
      const options = { roots: pins, now: now(), epochSeconds, agree };
      const accepted = acceptBundle(cached, shown, options);
      const { sequence } = accepted.bundle;
      if (sequence <= state.refused) return new ClientError('equivocation');
      if (sequence < state.sequence) return new ClientError('bundle-refused');
      state.sequence = sequence;
      state.bundle = { signed: accepted.signed, roots: accepted.roots, pins: this.#pinned() };
      return accepted;
    } catch (error) {
      const code = error instanceof BundleError ? error.code : null;
      if (code === 'equivocation') {
        const roots = [...pins, ...(cached?.roots ?? [])];
        const seen = shown.map((one) => this.#sequenceOf(one, roots));
        state.refused = Math.max(state.refused, state.sequence, ...seen);
        state.bundle = null;
        return new ClientError('equivocation');
      }
      return new ClientError(code === 'not-yet' ? 'clock-wrong' : 'bundle-refused');
    }
  }

  /** What the wallet keeps, if it is still of use under the roots that are pinned now. */
  #kept({ bundle }: WalletState): AcceptedBundle | null {
    if (bundle === null || bundle.pins !== this.#pinned()) return null;
    const { now, epochSeconds } = this.#deps;
    try {
      const { signed, roots } = bundle;
      const opened = verifySignedBundle(signed, { roots, now: now(), epochSeconds });
      return { bundle: opened, signed, digest: bundleDigest(decodeSignedBundle(signed).bundle), roots };
    } catch {
      return null;
    }
  }

  #pinned(): string {
    return this.#deps.pins.map(base64url).join(' ');
  }

  /** The sequence that a place vouches for, if its bundle verifies: -1 if not. */
  #sequenceOf(signed: Bytes, roots: readonly Bytes[]): number {
    const { now, epochSeconds } = this.#deps;
    try {
      return verifySignedBundle(signed, { roots, now: now(), epochSeconds }).sequence;
    } catch {
      return -1;
    }
  }

  /** Takes a bundle into use, and draws the time from which its successor is looked for. */
  #hold(accepted: AcceptedBundle, before: number): InUse {
    const { bundle, digest } = accepted;
    const { now, random, epochSeconds } = this.#deps;
    const nothingNewer = bundle.sequence === before && !this.#isFresh(bundle);
    const from = nothingNewer ? now() : bundle.notBefore + epochSeconds;
    const refreshAt = from + below(Math.max(1, Math.floor(Math.min(epochSeconds / 24, 3600))), random);
    if (this.#held !== null && equalBytes(this.#held.digest, digest)) {
      this.#held = { ...this.#held, refreshAt };
      return this.#held;
    }
    const { kemId, kdfId, aeadId } = bundle.suite;
    const config = configsOf(bundle).find(
      (one) => one.kemId === kemId && one.suites.some((s) => s.kdfId === kdfId && s.aeadId === aeadId),
    );
    if (config === undefined) throw new ClientError('bundle-refused');
    const services = new Map(bundle.services.map((entry) => [entry.name, entry]));
    this.#held = { bundle, config, services, digest, refreshAt };
    return this.#held;
  }
}

function configsOf({ keyConfigs }: Bundle): KeyConfig[] {
  try {
    return decodeKeyConfigs(keyConfigs);
  } catch {
    throw new ClientError('bundle-refused');
  }
}
