import { encodeBundle, type Bundle, type ServiceEntry } from '@sotto/bundle';
import { AEAD, encodeKeyConfigs, KDF, KEM, type Hpke, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import { concat, EMPTY, uint, utf8, type Bytes, type Random, type UnixSeconds } from '@sotto/wire';
import type { ServiceRow } from '../config.ts';
import type { IssuerSchedule, KeyStore, ScheduledEpoch, StoredKey, StoredSlot } from '../ports.ts';
import { HORIZON, keyIdOf, openableAt, sequenceAt } from '../slots.ts';
import type { KeyWrap } from './key-wrap.ts';

/** What the bundle names for our clients. */
export const SUITE = { kemId: KEM.X_WING, kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM } as const;

/** What every key is offered with, in our order of preference. */
export const SUITES: readonly SuiteIds[] = [
  { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM },
  { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.CHACHA20_POLY1305 },
];

/** One key a slot of each. X-Wing for our clients, X25519 for others. */
const KEMS = [KEM.X_WING, KEM.X25519] as const;

const TAG_KEY = 32; // bytes

export interface AuthorityDeps {
  readonly store: KeyStore;
  readonly wrap: KeyWrap;
  readonly hpke: Hpke;
  readonly random: Random;
  readonly schedule: IssuerSchedule;
  readonly services: readonly ServiceRow[];
  readonly epochSeconds: number;
  /** The root to announce: 32 bytes, or none. */
  readonly nextRoot: Bytes;
}

/** What a wrapped key is for (RFC 9458 §6.4): one unwraps as nothing else, in no other slot. */
export function purposeOf(sequence: number, kemId: number, publicKey: Bytes): Bytes {
  return concat(utf8('sotto gateway ohttp key\0'), uint(8, sequence), uint(2, kemId), publicKey);
}

export function tagPurposeOf(sequence: number): Bytes {
  return concat(utf8('sotto gateway tag key\0'), uint(8, sequence));
}

/**
 * Makes the key slots from now to the horizon that are missing, and puts their bundles up for signing.
 *
 * Any number of isolates may do it at once, any number of times: the store keeps the first of each
 * slot. Nothing is ever made outside of the schedule, whoever asks.
 */
export async function prepare(deps: AuthorityDeps, now: UnixSeconds): Promise<void> {
  const from = sequenceAt(now, deps.epochSeconds);
  const slots = await missingSlots(deps, from);
  if (slots.length > 0) await deps.store.add(slots);
  await offerBundles(deps, from);
}

/** Forgets every slot whose keys open nothing any more. */
export async function destroyDead({ store, epochSeconds }: AuthorityDeps, now: UnixSeconds): Promise<void> {
  await store.destroy(openableAt(now, epochSeconds).from);
}

async function missingSlots(deps: AuthorityDeps, from: number): Promise<StoredSlot[]> {
  const there = new Set((await deps.store.slots(from, from + HORIZON)).map(({ sequence }) => sequence));
  const slots: StoredSlot[] = [];
  for (let sequence = from; sequence <= from + HORIZON; sequence++) {
    if (!there.has(sequence)) slots.push(await makeSlot(deps, sequence));
  }
  return slots;
}

async function makeSlot({ hpke, random, wrap }: AuthorityDeps, sequence: number): Promise<StoredSlot> {
  const keys: StoredKey[] = [];
  for (const kemId of KEMS) {
    const kem = hpke.kems.find(({ id }) => id === kemId);
    if (kem === undefined) throw new Error('the HPKE port lacks a KEM of ours');
    const { privateKey, publicKey } = await kem.generate(random);
    const wrapped = await wrap.wrap(privateKey, purposeOf(sequence, kemId, publicKey));
    privateKey.fill(0);
    keys.push({ kemId, keyId: keyIdOf(sequence, kemId), publicKey, wrapped });
  }
  return { sequence, keys, tagKey: await wrap.wrap(random(TAG_KEY), tagPurposeOf(sequence)) };
}

/** What a slot offers (RFC 9458 §3.2): the same bytes for everyone. */
export function keyConfigsOf({ keys }: StoredSlot): Bytes {
  return encodeKeyConfigs(
    keys
      .toSorted((a, b) => KEMS.findIndex((id) => id === a.kemId) - KEMS.findIndex((id) => id === b.kemId))
      .map(({ keyId, kemId, publicKey }): KeyConfig => ({ keyId, kemId, publicKey, suites: SUITES })),
  );
}

async function offerBundles(deps: AuthorityDeps, from: number): Promise<void> {
  const [slots, bundles] = await Promise.all([
    deps.store.slots(from, from + HORIZON),
    deps.store.bundles(from, from + HORIZON),
  ]);
  const settled = new Set(bundles.filter(({ signature }) => signature !== null).map((b) => b.sequence));
  const unsettled = slots.filter(({ sequence }) => !settled.has(sequence));
  if (unsettled.length === 0) return;
  const epochs = new Map((await deps.schedule()).map((epoch) => [epoch.start, epoch]));
  const offered = unsettled.flatMap((slot) => {
    const bundle = bundleOf(deps, slot, epochs.get(slot.sequence * deps.epochSeconds));
    return bundle === null ? [] : [{ sequence: slot.sequence, bundle: encodeBundle(bundle) }];
  });
  if (offered.length > 0) await deps.store.offer(offered);
}

/** Null when the issuer has not scheduled what the slot needs. */
function bundleOf(deps: AuthorityDeps, slot: StoredSlot, epoch: ScheduledEpoch | undefined): Bundle | null {
  if (epoch === undefined) return null;
  const services: ServiceEntry[] = [];
  for (const { name, token, requestLength, responseLength } of deps.services) {
    const challenge = epoch.challenges.find(
      (c) => c.service === name && c.tokenType === token?.type,
    )?.challenge;
    if (token !== null && challenge === undefined) return null;
    services.push({
      name,
      tokenType: token?.type ?? 0,
      challenge: challenge ?? EMPTY,
      requestLength,
      responseLength,
    });
  }
  const { epochSeconds, nextRoot } = deps;
  return {
    sequence: slot.sequence,
    notBefore: slot.sequence * epochSeconds,
    notAfter: (slot.sequence + 2) * epochSeconds,
    suite: SUITE,
    keyConfigs: keyConfigsOf(slot),
    directory: epoch.directory,
    services,
    nextRoot,
  };
}
