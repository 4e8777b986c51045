import { decodeBundle, type Bundle, type ServiceEntry } from '@sotto/bundle';
import { loadGatewayKey, type GatewayKey } from '@sotto/ohttp';
import {
  challengeDigest,
  decodeDirectory,
  decodeTokenChallenge,
  encodeTokenChallenge,
  TOKEN_TYPES,
} from '@sotto/privacypass';
import { epochIndexAt, hex, usableEpochs, type Bytes, type EpochRange, type UnixSeconds } from '@sotto/wire';
import type { StoredBundle, StoredEpoch } from '../ports.ts';
import { keyConfigsOf, prepare, purposeOf, SUITES, tagPurposeOf, type AuthorityDeps } from './authority.ts';

/** The keys that an isolate holds between two changes of the schedule. */
export interface LiveKeys {
  readonly current: number; // epochIndex
  /** The keys that open requests now. */
  readonly gatewayKeys: readonly GatewayKey[];
  /** The body of `application/ohttp-keys`: this epoch's keys; null when one of them cannot be used. */
  readonly keyConfigs: Bytes | null;
  /** The epoch of a key that opened a request. */
  epochOf(keyId: number, kemId: number): number;
  /** HMAC key of an epoch, 32 bytes; null when it is not live. */
  tagKey(epochIndex: number): Bytes | null;
  /** The epoch of a token with this service and challenge; null for a challenge that is not accepted. */
  epochOfChallenge(service: string, digest: Bytes): number | null;
  /**
   * The challenge for a client without a token for this service; null when the issuer has not published it.
   */
  challenge(service: string): TokenDemand | null;
  /** The services in the bundle of an epoch; none when it is not known. */
  offered(epochIndex: number): readonly OfferedService[];
  /** The longest padded request that a client may send by the bundles of now, in bytes. */
  readonly longestRequest: number;
}

/** The facts about a service that clients with the bundle of an epoch know. */
export type OfferedService = Pick<ServiceEntry, 'name' | 'requestLength' | 'responseLength'>;

/** This epoch's challenge of a service, and the issuer's key for it. */
export interface TokenDemand {
  readonly challenge: Bytes;
  readonly tokenKey?: Bytes;
}

interface LoadedEpoch {
  readonly epochIndex: number;
  readonly gatewayKeys: readonly GatewayKey[];
  readonly tagKey: Bytes;
}

interface Cache {
  readonly range: EpochRange;
  readonly current: number;
  readonly until: UnixSeconds; // before it only the schedule changes what is live
  readonly live: LiveKeys;
}

/** How long keys without the issuer's challenges are kept before they are requested from the issuer again, in seconds. */
const INCOMPLETE = 5;

/** The keys of an isolate, in its memory until the schedule changes and no longer. */
export class KeyRing {
  readonly #deps: AuthorityDeps;
  readonly #loaded = new Map<number, LoadedEpoch>();
  #cache: Cache | null = null;

  constructor(deps: AuthorityDeps) {
    this.#deps = deps;
  }

  /** The keys that are live at this time, if they are in memory; otherwise null. */
  cached(now: UnixSeconds): LiveKeys | null {
    const { range, current } = this.#epochsAt(now);
    const cache = this.#cache;
    const isValid =
      cache !== null &&
      cache.range.from === range.from &&
      cache.range.to === range.to &&
      cache.current === current &&
      now < cache.until;
    return isValid ? cache.live : null;
  }

  /**
   * The keys that are live at this time. Epochs whose keys cannot be unwrapped are left out; it rejects when
   * the store fails, or when no epoch is left.
   */
  async at(now: UnixSeconds): Promise<LiveKeys> {
    const cached = this.cached(now);
    if (cached !== null) return cached;
    const { range, current } = this.#epochsAt(now);
    this.#cache = null;
    for (const epochIndex of this.#loaded.keys())
      if (epochIndex < range.from) this.#loaded.delete(epochIndex);
    const { live, complete } = await this.#load(range, current, now);
    this.#cache = { range, current, live, until: complete ? Infinity : now + INCOMPLETE };
    return live;
  }

  #epochsAt(now: UnixSeconds): { range: EpochRange; current: number } {
    const { epochSeconds } = this.#deps;
    return { range: usableEpochs(now, epochSeconds), current: epochIndexAt(now, epochSeconds) };
  }

  async #load(
    range: EpochRange,
    current: number,
    now: UnixSeconds,
  ): Promise<{ live: LiveKeys; complete: boolean }> {
    const { store } = this.#deps;
    let [epochs, bundles] = await Promise.all([
      store.epochs(range.from, current + 1),
      store.bundles(current - 1, current + 1),
    ]);
    const has = (list: readonly { epochIndex: number }[]) =>
      [current, current + 1].every((epochIndex) => list.some((one) => one.epochIndex === epochIndex));
    if (!has(epochs) || !has(bundles)) {
      await prepare(this.#deps, now).catch(() => {}); // the keys are usable without the issuer
      [epochs, bundles] = await Promise.all([
        store.epochs(range.from, current + 1),
        store.bundles(current - 1, current + 1),
      ]);
    }
    const usable: LoadedEpoch[] = [];
    for (const epoch of epochs) {
      if (epoch.epochIndex > range.to) continue;
      const loaded = await this.#loadEpoch(epoch).catch(() => null);
      if (loaded === null) this.#deps.onUnreadable(epoch.epochIndex);
      else usable.push(loaded);
    }
    if (usable.length === 0) throw new Error('no stored key can be used');
    const present = epochs.find(({ epochIndex }) => epochIndex === current);
    const isUsable = usable.some(({ epochIndex }) => epochIndex === current);
    const keyConfigs = present !== undefined && isUsable ? keyConfigsOf(present) : null;
    return {
      live: liveKeys({ current, usable, keyConfigs, bundles, epochSeconds: this.#deps.epochSeconds }),
      complete: has(bundles) && isUsable,
    };
  }

  async #loadEpoch(epoch: StoredEpoch): Promise<LoadedEpoch> {
    const { epochIndex } = epoch;
    const before = this.#loaded.get(epochIndex);
    if (before !== undefined) return before;
    const { hpke, wrap } = this.#deps;
    const gatewayKeys: GatewayKey[] = [];
    for (const { keyId, kemId, publicKey, wrapped } of epoch.keys) {
      const privateKey = await wrap.unwrap(wrapped, purposeOf(epochIndex, kemId, publicKey));
      gatewayKeys.push(await loadGatewayKey(hpke, { keyId, kemId, privateKey, publicKey, suites: SUITES }));
      privateKey.fill(0);
    }
    const tagKey = await wrap.unwrap(epoch.tagKey, tagPurposeOf(epochIndex));
    const loaded = { epochIndex, gatewayKeys, tagKey };
    this.#loaded.set(epochIndex, loaded);
    return loaded;
  }
}

interface KeyMaterial {
  readonly current: number;
  readonly usable: readonly LoadedEpoch[];
  readonly keyConfigs: Bytes | null;
  readonly bundles: readonly StoredBundle[];
  readonly epochSeconds: number;
}

function liveKeys({ current, usable: epochs, keyConfigs, bundles, epochSeconds }: KeyMaterial): LiveKeys {
  const gatewayKeys = epochs.flatMap((epoch) => epoch.gatewayKeys);
  const names = gatewayKeys.map(({ config }) => `${config.keyId}/${config.kemId}`);
  if (new Set(names).size !== names.length) throw new Error('one key id and KEM twice');
  const tagKeys = new Map(epochs.map(({ epochIndex, tagKey }) => [epochIndex, tagKey]));
  const epochOfKey = new Map(
    epochs.flatMap(({ epochIndex, gatewayKeys: keys }) =>
      keys.map(({ config }) => [`${config.keyId}/${config.kemId}`, epochIndex] as const),
    ),
  );
  const decoded = new Map(bundles.map(({ epochIndex, bundle }) => [epochIndex, decodeBundle(bundle)]));
  const { demands, digests } = challengesOf(decoded, current, epochSeconds);
  return {
    current,
    gatewayKeys,
    keyConfigs,
    epochOf: (keyId, kemId) => epochOfKey.get(`${keyId}/${kemId}`) ?? current,
    tagKey: (epochIndex) => tagKeys.get(epochIndex) ?? null,
    epochOfChallenge: (service, digest) => digests.get(`${service} ${hex(digest)}`) ?? null,
    challenge: (service) => demands.get(service) ?? null,
    offered: (epochIndex) => decoded.get(epochIndex)?.services ?? [],
    longestRequest: [...decoded.values()]
      .flatMap(({ services }) => services)
      .reduce((longest, { requestLength }) => Math.max(longest, requestLength), 0),
  };
}

/** The challenges that tokens may be for: those of this epoch and the last one, of every type. */
function challengesOf(bundles: ReadonlyMap<number, Bundle>, current: number, epochSeconds: number) {
  const demands = new Map<string, TokenDemand>();
  const digests = new Map<string, number>();
  for (const [epochIndex, { services, directory }] of bundles) {
    if (epochIndex > current) continue;
    for (const { name, tokenType, challenge } of services) {
      if (tokenType === 0) continue;
      if (epochIndex === current) {
        const key = decodeDirectory(directory).tokenKeys.find(
          ({ service, tokenType: type, notBefore }) =>
            service === name && type === tokenType && notBefore === current * epochSeconds,
        );
        demands.set(name, { challenge, ...(key !== undefined && { tokenKey: key.tokenKey }) });
      }
      const decoded = decodeTokenChallenge(challenge);
      for (const type of TOKEN_TYPES.keys()) {
        const digest = challengeDigest(encodeTokenChallenge({ ...decoded, tokenType: type }));
        digests.set(`${name} ${hex(digest)}`, epochIndex);
      }
    }
  }
  return { demands, digests };
}
