import { decodeBundle } from '@sotto/bundle';
import { loadGatewayKey, type GatewayKey } from '@sotto/ohttp';
import { challengeDigest, decodeTokenChallenge, encodeTokenChallenge, TOKEN_TYPES } from '@sotto/privacypass';
import { hex, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { StoredBundle, StoredSlot } from '../ports.ts';
import { openableAt, sequenceAt, type SlotRange } from '../slots.ts';
import { keyConfigsOf, prepare, purposeOf, SUITES, tagPurposeOf, type AuthorityDeps } from './authority.ts';

/** What an isolate holds between two changes of the schedule. */
export interface LiveKeys {
  readonly current: number; // sequence
  /** The keys that open requests now. */
  readonly gatewayKeys: readonly GatewayKey[];
  /** The body of `application/ohttp-keys`: this slot's keys. */
  readonly keyConfigs: Bytes;
  /** The slot of a key that opened a request. */
  slotOf(keyId: number, kemId: number): number;
  /** HMAC key of a slot, 32 bytes; null when it is not live. */
  tagKey(sequence: number): Bytes | null;
  /** The slot that a token of this service and challenge is of; null for a challenge that we do not accept. */
  slotOfChallenge(service: string, digest: Bytes): number | null;
  /** This slot's challenge of a service; null when there is none. */
  challenge(service: string): Bytes | null;
}

interface LoadedSlot {
  readonly sequence: number;
  readonly gatewayKeys: readonly GatewayKey[];
  readonly tagKey: Bytes;
}

interface Cache {
  readonly range: SlotRange;
  readonly current: number;
  readonly until: UnixSeconds; // before it only the schedule changes what is live
  readonly live: LiveKeys;
}

/** How long keys without the issuer's challenges are kept before the issuer is asked again, in seconds. */
const INCOMPLETE = 5;

/** The keys of an isolate, in its memory until the schedule changes and no longer. */
export class KeyRing {
  readonly #deps: AuthorityDeps;
  readonly #loaded = new Map<number, LoadedSlot>();
  #cache: Cache | null = null;

  constructor(deps: AuthorityDeps) {
    this.#deps = deps;
  }

  /** What is live at this time. Throws when the store, or a secret, fails: there is no other key to fall back on. */
  async at(now: UnixSeconds): Promise<LiveKeys> {
    const range = openableAt(now, this.#deps.epochSeconds);
    const current = sequenceAt(now, this.#deps.epochSeconds);
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
    for (const sequence of this.#loaded.keys()) if (sequence < range.from) this.#loaded.delete(sequence);
    const { live, complete } = await this.#load(range, current, now);
    this.#cache = { range, current, live, until: complete ? Infinity : now + INCOMPLETE };
    return live;
  }

  async #load(
    range: SlotRange,
    current: number,
    now: UnixSeconds,
  ): Promise<{ live: LiveKeys; complete: boolean }> {
    const { store } = this.#deps;
    let [slots, bundles] = await Promise.all([
      store.slots(range.from, current + 1),
      store.bundles(current - 1, current + 1),
    ]);
    const has = (list: readonly { sequence: number }[]) =>
      [current, current + 1].every((sequence) => list.some((one) => one.sequence === sequence));
    if (!has(slots) || !has(bundles)) {
      await prepare(this.#deps, now).catch(() => {}); // the issuer may be away; the keys are what counts
      [slots, bundles] = await Promise.all([
        store.slots(range.from, current + 1),
        store.bundles(current - 1, current + 1),
      ]);
    }
    const open: LoadedSlot[] = [];
    for (const slot of slots) {
      if (slot.sequence <= range.to) open.push(await this.#loadSlot(slot));
    }
    const present = slots.find(({ sequence }) => sequence === current);
    if (present === undefined) throw new Error('no keys for this slot');
    return { live: liveKeys(current, open, keyConfigsOf(present), bundles), complete: has(bundles) };
  }

  async #loadSlot(slot: StoredSlot): Promise<LoadedSlot> {
    const { sequence } = slot;
    const before = this.#loaded.get(sequence);
    if (before !== undefined) return before;
    const { hpke, wrap } = this.#deps;
    const gatewayKeys: GatewayKey[] = [];
    for (const { keyId, kemId, publicKey, wrapped } of slot.keys) {
      const privateKey = await wrap.unwrap(wrapped, purposeOf(sequence, kemId, publicKey));
      gatewayKeys.push(await loadGatewayKey(hpke, { keyId, kemId, privateKey, publicKey, suites: SUITES }));
      privateKey.fill(0);
    }
    const tagKey = await wrap.unwrap(slot.tagKey, tagPurposeOf(sequence));
    const loaded = { sequence, gatewayKeys, tagKey };
    this.#loaded.set(sequence, loaded);
    return loaded;
  }
}

function liveKeys(
  current: number,
  slots: readonly LoadedSlot[],
  keyConfigs: Bytes,
  bundles: readonly StoredBundle[],
): LiveKeys {
  const gatewayKeys = slots.flatMap((slot) => slot.gatewayKeys);
  const names = gatewayKeys.map(({ config }) => `${config.keyId}/${config.kemId}`);
  if (new Set(names).size !== names.length) throw new Error('one key id and KEM twice');
  const tagKeys = new Map(slots.map(({ sequence, tagKey }) => [sequence, tagKey]));
  const slotOfKey = new Map(
    slots.flatMap(({ sequence, gatewayKeys: keys }) =>
      keys.map(({ config }) => [`${config.keyId}/${config.kemId}`, sequence] as const),
    ),
  );
  const { challenges, digests } = challengesOf(bundles, current);
  return {
    current,
    gatewayKeys,
    keyConfigs,
    slotOf: (keyId, kemId) => slotOfKey.get(`${keyId}/${kemId}`) ?? current,
    tagKey: (sequence) => tagKeys.get(sequence) ?? null,
    slotOfChallenge: (service, digest) => digests.get(`${service} ${hex(digest)}`) ?? null,
    challenge: (service) => challenges.get(service) ?? null,
  };
}

/** The challenges that tokens may answer: this slot's and the last one's, of every type that there is. */
function challengesOf(bundles: readonly StoredBundle[], current: number) {
  const challenges = new Map<string, Bytes>();
  const digests = new Map<string, number>();
  for (const { sequence, bundle } of bundles) {
    if (sequence > current) continue;
    for (const { name, tokenType, challenge } of decodeBundle(bundle).services) {
      if (tokenType === 0) continue;
      if (sequence === current) challenges.set(name, challenge);
      const decoded = decodeTokenChallenge(challenge);
      for (const type of TOKEN_TYPES.keys()) {
        const digest = challengeDigest(encodeTokenChallenge({ ...decoded, tokenType: type }));
        digests.set(`${name} ${hex(digest)}`, sequence);
      }
    }
  }
  return { challenges, digests };
}
