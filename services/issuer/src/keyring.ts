import {
  challengeDigest,
  encodeDirectory,
  encodeTokenChallenge,
  serviceChallenge,
  truncatedTokenKeyId,
} from '@sotto/privacypass';
import type { KeyWrap } from '@sotto/service/keys';
import type { Voprf, VoprfKeyPair } from '@sotto/voprf';
import { epochStartAt, equalBytes, hex, monotonicClock, type Bytes, type UnixSeconds } from '@sotto/wire';
import { accountKeyOf } from './attest/account-key.ts';
import { REFILL, type Config, type ServiceConfig } from './config.ts';
import { lastIssuableEpoch } from './key-plan.ts';
import type { KeyAuthority, KeyRecord, KeySnapshot, System } from './ports.ts';
import type { StoreRevision } from './store-revision.ts';
import { KeyError, unwrapSecret } from './secret-key.ts';

/**
 * A key in use: it signs in its own epoch, and its tokens are redeemed in that epoch and the next. A key of vouchers
 * signs before its epoch and in it; its vouchers are redeemed in it.
 */
export interface LiveKey extends KeyRecord {
  readonly service: string;
  readonly policy: ServiceConfig;
  readonly voprf: Voprf;
  readonly pair: VoprfKeyPair;
  /** The digest of the only challenge that its tokens are for: 32 bytes. */
  readonly challengeDigest: Bytes;
}

/** The keys of one epoch: the same in every isolate and process. */
export interface Ring {
  readonly epoch: UnixSeconds;
  readonly until: UnixSeconds; // the epoch's end
  readonly directory: Bytes;
  /** The ACCOUNT_KEY of this epoch; null when it was changed and is not configured as the previous one. */
  readonly accountKey: Bytes | null;
  /** The key that signs now, by the type and truncated id that a request names. */
  signing(tokenType: number, truncated: number): LiveKey | undefined;
  /** The key of the vouchers of an epoch, if they are issued now. */
  voucher(epoch: UnixSeconds): LiveKey | undefined;
  /** The key of this epoch's vouchers, if it has this token_key_id. */
  refilling(keyId: Bytes): LiveKey | undefined;
  /** Whether any key signs now. None does after a restore, until the next epoch. */
  readonly signs: boolean;
  /** The key of the current or the previous epoch with this token_key_id. */
  redeeming(keyId: Bytes): LiveKey | undefined;
}

interface KeyringDeps {
  readonly config: Config;
  readonly system: Pick<System, 'now'>;
  readonly authority: Pick<KeyAuthority, 'snapshot'>;
  readonly voprf: (tokenType: number) => Voprf;
  readonly wrap: Pick<KeyWrap, 'unwrap'>;
  readonly revision: Pick<StoreRevision, 'refuseStale'>;
}

/** A ring with its secrets, and how many requests use them. */
interface LoadedRing {
  readonly ring: Ring;
  readonly keys: readonly LiveKey[];
  users: number;
  forgotten: boolean;
}

/** Keeps the unwrapped keys of the current and the previous epoch in memory, until the epoch's end. */
export class Keyring {
  readonly #deps: KeyringDeps;
  readonly #now: () => UnixSeconds;
  #loaded: LoadedRing | undefined;

  constructor(deps: KeyringDeps) {
    this.#deps = deps;
    this.#now = monotonicClock(deps.system.now);
  }

  /**
   * Runs `work` with the current ring. Its secrets are wiped only after the work has ended, even if the epoch ends
   * first.
   *
   * A key that does not unwrap, or does not belong to its public key, is left out: only its own service is without it.
   * Rejects when the store is stale or fails, or when every key is left out: no other key takes their place.
   */
  async use<T>(work: (ring: Ring) => T | Promise<T>): Promise<T> {
    this.#deps.revision.refuseStale();
    const loaded = this.#borrow() ?? (await this.#load());
    try {
      return await work(loaded.ring);
    } finally {
      loaded.users--;
      wipeUnused(loaded);
    }
  }

  /** The loaded ring, if it is of the current epoch, with one more user. */
  #borrow(): LoadedRing | undefined {
    const epoch = epochStartAt(this.#now(), this.#deps.config.epochSeconds);
    if (this.#loaded?.ring.epoch !== epoch) return undefined;
    this.#loaded.users++;
    return this.#loaded;
  }

  async #load(): Promise<LoadedRing> {
    this.forget();
    const snapshot = await this.#deps.authority.snapshot();
    const epoch = epochStartAt(this.#now(), this.#deps.config.epochSeconds);
    const current = Math.max(snapshot.epoch, epoch);
    const used = snapshot.keys.filter((record) => this.#isUsed(record, current));
    const { keys, left } = await this.#unwrap(used);
    const shown = snapshot.keys.filter((record) => !left.includes(record));
    const ring = makeRing(this.#deps.config, { ...snapshot, keys: shown }, current, keys);
    this.forget(); // another call may have loaded one in the meantime
    const loaded: LoadedRing = { ring, keys, users: 1, forgotten: false };
    this.#loaded = loaded;
    // An authority whose clock is behind ours may not have made this epoch's keys yet: load again next time.
    const isMade = keys.some((key) => key.service !== REFILL && key.epoch === epoch);
    if (snapshot.epoch < epoch && !isMade) this.forget();
    return loaded;
  }

  /** Wipes the loaded secrets once no request uses them, so that a dead key does not stay in memory. */
  forget(): void {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (loaded === undefined) return;
    loaded.forgotten = true;
    wipeUnused(loaded);
  }

  /** Whether a key signs or redeems in this epoch. */
  #isUsed(record: KeyRecord, current: UnixSeconds): boolean {
    const { config } = this.#deps;
    if (configured(config, record) === undefined) return false;
    const last = record.service === REFILL ? lastIssuableEpoch(config, current) : null;
    if (last !== null) return record.epoch >= current && record.epoch <= last;
    return record.epoch === current || record.epoch === current - config.epochSeconds;
  }

  /** The keys that can be used, and the records of those that are left out. */
  async #unwrap(records: readonly KeyRecord[]): Promise<{ keys: LiveKey[]; left: KeyRecord[] }> {
    const keys: LiveKey[] = [];
    const left: KeyRecord[] = [];
    let failure: KeyError | null = null;
    for (const record of records) {
      try {
        keys.push(await this.#liveKey(record));
      } catch (error) {
        if (!(error instanceof KeyError)) throw error;
        failure = error;
        left.push(record);
      }
    }
    if (failure !== null && keys.length === 0) throw failure;
    return { keys, left };
  }

  /** @throws {KeyError} `not-unwrapped`, `mismatch` */
  async #liveKey(record: KeyRecord): Promise<LiveKey> {
    const { config, voprf, wrap } = this.#deps;
    const policy = configured(config, record);
    if (policy === undefined) throw new KeyError('mismatch', 'a stored key is of no configured service');
    const suite = voprf(record.type);
    const secretKey = await unwrapSecret(wrap, record);
    if (!equalBytes(await suite.publicKey(secretKey), record.publicKey)) {
      throw new KeyError('mismatch', 'a stored public key does not belong to its secret key');
    }
    const pair = { secretKey, publicKey: record.publicKey };
    return {
      ...record,
      policy,
      voprf: suite,
      pair,
      challengeDigest: challengeDigest(challengeOf(config, record)),
    };
  }
}

function wipeUnused({ keys, users, forgotten }: LoadedRing): void {
  if (!forgotten || users > 0) return;
  for (const { pair } of keys) pair.secretKey.fill(0);
}

function configured({ services, vouchers }: Config, { service, type }: KeyRecord): ServiceConfig | undefined {
  const all = vouchers === null ? services : [...services, vouchers.policy];
  return all.find(({ name, types }) => name === service && types.includes(type));
}

/** How a token request names its key. */
const requestedKey = (type: number, truncated: number): string => `${type} ${truncated}`;

function makeRing(
  config: Config,
  snapshot: KeySnapshot,
  current: UnixSeconds,
  keys: readonly LiveKey[],
): Ring {
  const vouchers = new Map(keys.filter(({ service }) => service === REFILL).map((key) => [key.epoch, key]));
  const tokens = keys.filter(({ service }) => service !== REFILL);
  const present = vouchers.get(current);
  const signing = new Map(
    tokens
      .filter(({ epoch }) => epoch === current)
      .map((key) => [requestedKey(key.type, truncatedTokenKeyId(key.publicKey)), key]),
  );
  const redeeming = new Map(tokens.map((key) => [hex(key.keyId), key]));
  return {
    epoch: current,
    until: current + config.epochSeconds,
    directory: directoryOf(config, snapshot.keys, current),
    accountKey: accountKeyOf(config.accountKeys, snapshot.accountKeyId),
    signing: (type, truncated) => signing.get(requestedKey(type, truncated)),
    voucher: (epoch) => vouchers.get(epoch),
    refilling: (keyId) => (present !== undefined && equalBytes(present.keyId, keyId) ? present : undefined),
    signs: signing.size > 0,
    redeeming: (keyId) => redeeming.get(hex(keyId)),
  };
}

/**
 * The directory of an epoch: its keys and the next one's. The newer stand first, since a client takes
 * the first whose not-before is past (RFC 9578 §4).
 */
export function directoryOf(config: Config, keys: readonly KeyRecord[], epoch: UnixSeconds): Bytes {
  const order = (key: KeyRecord): number =>
    config.services.findIndex(({ name }) => name === key.service) * 256 +
    (configured(config, key)?.types.indexOf(key.type) ?? 0);
  const shown = keys
    .filter((key) => key.epoch === epoch || key.epoch === epoch + config.epochSeconds)
    .filter((key) => key.service !== REFILL && configured(config, key) !== undefined)
    .toSorted((a, b) => b.epoch - a.epoch || order(a) - order(b));
  return encodeDirectory({
    issuerRequestUri: `${config.issuerUrl}/token-request`,
    tokenKeys: shown.map(({ type, publicKey, epoch: notBefore, service }) => ({
      tokenType: type,
      tokenKey: publicKey,
      notBefore,
      service,
    })),
  });
}

/** The encoded challenge for the tokens of a service, type and epoch. */
export function challengeOf(
  { issuerName }: Config,
  { service, epoch, type }: Pick<KeyRecord, 'service' | 'epoch' | 'type'>,
): Bytes {
  return encodeTokenChallenge(serviceChallenge({ tokenType: type, issuerName, service, epoch }));
}
