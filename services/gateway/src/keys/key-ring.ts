import { decodeBundle } from '@sotto/bundle';
import { loadGatewayKey, type GatewayKey } from '@sotto/ohttp';
import { challengeDigest, decodeTokenChallenge, encodeTokenChallenge, TOKEN_TYPES } from '@sotto/privacypass';
import { epochIndexAt, hex, usableEpochs, type Bytes, type EpochRange, type UnixSeconds } from '@sotto/wire';
import type { StoredBundle, StoredEpoch } from '../ports.ts';
import { keyConfigsOf, prepare, purposeOf, SUITES, tagPurposeOf, type AuthorityDeps } from './authority.ts';

/** What an isolate holds between two changes of the schedule. */
export interface LiveKeys {
  readonly current: number; // epochIndex
  /** The keys that open requests now. */
  readonly gatewayKeys: readonly GatewayKey[];
  /** The body of `application/ohttp-keys`: this epoch's keys. */
  readonly keyConfigs: Bytes;
  /** The epoch of a key that opened a request. */
  epochOf(keyId: number, kemId: number): number;
  /** HMAC key of an epoch, 32 bytes; null when it is not live. */
  tagKey(epochIndex: number): Bytes | null;
  /** The epoch that a token of this service and challenge is of; null for a challenge that we do not accept. */
  epochOfChallenge(service: string, digest: Bytes): number | null;
  /** This epoch's challenge of a service; null when there is none. */
  challenge(service: string): Bytes | null;
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

/** How long keys without the issuer's challenges are kept before the issuer is asked again, in seconds. */
const INCOMPLETE = 5;

/** The keys of an isolate, in its memory until the schedule changes and no longer. */
export class KeyRing {
  readonly #deps: AuthorityDeps;
  readonly #loaded = new Map<number, LoadedEpoch>();
  #cache: Cache | null = null;

  constructor(deps: AuthorityDeps) {
    this.#deps = deps;
  }

  /** What is live at this time. Throws when the store, or a secret, fails: there is no other key to fall back on. */
  async at(now: UnixSeconds): Promise<LiveKeys> {
    const range = usableEpochs(now, this.#deps.epochSeconds);
    const current = epochIndexAt(now, this.#deps.epochSeconds);
    const cache = this.#cache;
    if (
      cache !== null &&
      cache.range.from === range.from &&
      cache.range.to === range.to &&
      cache.current === current &&
      now < cache.until
    ) {
      return cache.live;
    }
    this.#cache = null;
    for (const epochIndex of this.#loaded.keys())
      if (epochIndex < range.from) this.#loaded.delete(epochIndex);
    const { live, complete } = await this.#load(range, current, now);
    this.#cache = { range, current, live, until: complete ? Infinity : now + INCOMPLETE };
    return live;
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
      await prepare(this.#deps, now).catch(() => {}); // the issuer may be away; the keys are what counts
      [epochs, bundles] = await Promise.all([
        store.epochs(range.from, current + 1),
        store.bundles(current - 1, current + 1),
      ]);
    }
    const open: LoadedEpoch[] = [];
    for (const epoch of epochs) {
      if (epoch.epochIndex <= range.to) open.push(await this.#loadEpoch(epoch));
    }
    const present = epochs.find(({ epochIndex }) => epochIndex === current);
    if (present === undefined) throw new Error('no keys for this epoch');
    return { live: liveKeys(current, open, keyConfigsOf(present), bundles), complete: has(bundles) };
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

function liveKeys(
  current: number,
  epochs: readonly LoadedEpoch[],
  keyConfigs: Bytes,
  bundles: readonly StoredBundle[],
): LiveKeys {
  const gatewayKeys = epochs.flatMap((epoch) => epoch.gatewayKeys);
  const names = gatewayKeys.map(({ config }) => `${config.keyId}/${config.kemId}`);
  if (new Set(names).size !== names.length) throw new Error('one key id and KEM twice');
  const tagKeys = new Map(epochs.map(({ epochIndex, tagKey }) => [epochIndex, tagKey]));
  const epochOfKey = new Map(
    epochs.flatMap(({ epochIndex, gatewayKeys: keys }) =>
      keys.map(({ config }) => [`${config.keyId}/${config.kemId}`, epochIndex] as const),
    ),
  );
  const { challenges, digests } = challengesOf(bundles, current);
  return {
    current,
    gatewayKeys,
    keyConfigs,
    epochOf: (keyId, kemId) => epochOfKey.get(`${keyId}/${kemId}`) ?? current,
    tagKey: (epochIndex) => tagKeys.get(epochIndex) ?? null,
    epochOfChallenge: (service, digest) => digests.get(`${service} ${hex(digest)}`) ?? null,
    challenge: (service) => challenges.get(service) ?? null,
  };
}

/** The challenges that tokens may answer: this epoch's and the last one's, of every type that there is. */
function challengesOf(bundles: readonly StoredBundle[], current: number) {
  const challenges = new Map<string, Bytes>();
  const digests = new Map<string, number>();
  for (const { epochIndex, bundle } of bundles) {
    if (epochIndex > current) continue;
    for (const { name, tokenType, challenge } of decodeBundle(bundle).services) {
      if (tokenType === 0) continue;
      if (epochIndex === current) challenges.set(name, challenge);
      const decoded = decodeTokenChallenge(challenge);
      for (const type of TOKEN_TYPES.keys()) {
        const digest = challengeDigest(encodeTokenChallenge({ ...decoded, tokenType: type }));
        digests.set(`${name} ${hex(digest)}`, epochIndex);
      }
    }
  }
  return { challenges, digests };
}
