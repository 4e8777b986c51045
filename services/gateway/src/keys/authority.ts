import { encodeBundle, type Bundle, type ServiceEntry } from '@sotto/bundle';
import { AEAD, encodeKeyConfigs, KDF, KEM, type Hpke, type KeyConfig, type SuiteIds } from '@sotto/ohttp';
import {
  acceptedUntil,
  concat,
  EMPTY,
  epochIndexAt,
  graceSeconds,
  HORIZON,
  uint,
  usableEpochs,
  utf8,
  type Bytes,
  type Random,
  type UnixSeconds,
} from '@sotto/wire';
import type { PublishedSchedule, ScheduledEpoch } from '@sotto/redemption';
import type { ServiceRow } from '../config.ts';
import { classesOf, offeredRefill, refillProblem } from './extension.ts';
import { hasOtherServices, otherServicesProblem } from './changed-services.ts';
import { lostKeysProblem, namesLostKeys } from './lost-issuer-keys.ts';
import { lostVouchersProblem, publicVoucherKeys, withPublicKeys, type VoucherKeys } from './voucher-keys.ts';
import type { KeyWrap } from '@sotto/service/keys';
import type { KeyStore, StoredKey, StoredEpoch } from '../ports.ts';

/** What the bundle names for our clients. */
export const SUITE = { kemId: KEM.X_WING, kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM } as const;

/** The suite that the bundle names for our clients. */
export const SUITES: readonly SuiteIds[] = [
  { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM },
  { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.CHACHA20_POLY1305 },
];

/**
 * One key of each per epoch, in the order of the key list. Our clients choose X-Wing by the bundle's suite. Other clients
 * choose by position, because RFC 9458 gives no rule: the Rust crate takes the last key that it supports, so X-Wing is
 * last; simple clients take the first and know X25519 only, so X25519 is first.
 */
const KEMS = [KEM.X25519, KEM.X_WING] as const;

const TAG_KEY = 32; // bytes

/** A change of the table replaces signed bundles from this many epochs ahead on, so that there is one epoch to sign them. */
const REPLACED_AHEAD = 2;

export interface AuthorityDeps {
  readonly store: KeyStore;
  readonly wrap: KeyWrap;
  readonly hpke: Hpke;
  readonly random: Random;
  readonly schedule: () => Promise<PublishedSchedule>;
  readonly services: readonly ServiceRow[];
  readonly epochSeconds: number;
  /** The time by which keys are destroyed: it never runs ahead. Null when it is not known yet. */
  readonly settledNow: () => UnixSeconds | null;
  /** Called when the keys of an epoch cannot be unwrapped, or do not fit each other. */
  readonly onUnreadable: (epochIndex: number) => void;
  /** The root to announce: 32 bytes, or none. */
  readonly nextRoot: Bytes;
  /** Whose machines the gateway runs on; null when it does not say. */
  readonly provider: string | null;
}

/**
 * Key ids follow from the epoch: those of live epochs, ten at most, are distinct, and isolates need not coordinate.
 * 0 to 253; X-Wing's are even.
 */
export function keyIdOf(epochIndex: number, kemId: number): number {
  return (epochIndex % 127) * 2 + (kemId === KEM.X_WING ? 0 : 1);
}

/** The context of a wrapped key (RFC 9458 §6.4). A key unwraps only for its own purpose and epoch. */
export function purposeOf(epochIndex: number, kemId: number, publicKey: Bytes): Bytes {
  return concat(utf8('sotto gateway ohttp key\0'), uint(8, epochIndex), uint(2, kemId), publicKey);
}

export function tagPurposeOf(epochIndex: number): Bytes {
  return concat(utf8('sotto gateway tag key\0'), uint(8, epochIndex));
}

/**
 * Makes the keys of the epochs from now to the horizon that are missing, and offers their bundles for signing.
 *
 * Returns messages for the operator, one line each. Any number of isolates may do it at once, any number of
 * times: the store keeps the first keys of each epoch, and nothing is made outside of the schedule.
 */
export async function prepare(deps: AuthorityDeps, now: UnixSeconds): Promise<readonly string[]> {
  const from = epochIndexAt(now, deps.epochSeconds);
  const epochs = await missingEpochs(deps, from);
  if (epochs.length > 0) await deps.store.add(epochs);
  return offerBundles(deps, from, now);
}

/** Deletes every epoch whose keys open nothing any more. */
export async function destroyDead({ store, epochSeconds }: AuthorityDeps, now: UnixSeconds): Promise<void> {
  await store.destroy(usableEpochs(now, epochSeconds).from);
}

async function missingEpochs(deps: AuthorityDeps, from: number): Promise<StoredEpoch[]> {
  const there = new Set((await deps.store.epochs(from, from + HORIZON)).map(({ epochIndex }) => epochIndex));
  const epochs: StoredEpoch[] = [];
  for (let epochIndex = from; epochIndex <= from + HORIZON; epochIndex++) {
    if (!there.has(epochIndex)) epochs.push(await makeEpoch(deps, epochIndex));
  }
  return epochs;
}

async function makeEpoch({ hpke, random, wrap }: AuthorityDeps, epochIndex: number): Promise<StoredEpoch> {
  const keys: StoredKey[] = [];
  for (const kemId of KEMS) {
    const kem = hpke.kems.find(({ id }) => id === kemId);
    if (kem === undefined) throw new Error('the HPKE port lacks a KEM of ours');
    const { privateKey, publicKey } = await kem.generate(random);
    const wrapped = await wrap.wrap(privateKey, purposeOf(epochIndex, kemId, publicKey));
    privateKey.fill(0);
    keys.push({ kemId, keyId: keyIdOf(epochIndex, kemId), publicKey, wrapped });
  }
  return { epochIndex, keys, tagKey: await wrap.wrap(random(TAG_KEY), tagPurposeOf(epochIndex)) };
}

/** The key configurations of an epoch (RFC 9458 §3.2): the same bytes for everyone. */
export function keyConfigsOf({ keys }: StoredEpoch): Bytes {
  return encodeKeyConfigs(
    keys
      .toSorted((a, b) => KEMS.findIndex((id) => id === a.kemId) - KEMS.findIndex((id) => id === b.kemId))
      .map(({ keyId, kemId, publicKey }): KeyConfig => ({ keyId, kemId, publicKey, suites: SUITES })),
  );
}

/** Offers the bundles of the coming epochs for signing. Returns messages for the operator, one line each. */
async function offerBundles(deps: AuthorityDeps, from: number, now: UnixSeconds): Promise<readonly string[]> {
  const [epochs, stored] = await Promise.all([
    deps.store.epochs(from, from + HORIZON),
    deps.store.bundles(from - 1, from + HORIZON),
  ]);
  const known = publicVoucherKeys(stored, from);
  const signed = stored.filter(({ epochIndex, signature }) => epochIndex >= from && signature !== null);
  const isSigned = new Set(signed.map(({ epochIndex }) => epochIndex));
  const unsigned = epochs.filter(({ epochIndex }) => !isSigned.has(epochIndex));
  const published = await deps.schedule().catch((error: unknown) => {
    if (unsigned.length > 0) throw error;
    return null; // everything is signed, and can be compared when the issuer is back
  });
  if (published === null) return [];
  const problems = published.epochs
    .slice(0, 1)
    .flatMap((one) => refillProblem(deps.services, one.refill) ?? []);
  const scheduled = new Map(published.epochs.map((epoch) => [epoch.start / deps.epochSeconds, epoch]));
  const offer = (epoch: StoredEpoch): { epochIndex: number; bundle: Bytes }[] => {
    const { epochIndex } = epoch;
    const bundle = bundleOf(deps, epoch, scheduled.get(epochIndex), known);
    return bundle === null ? [] : [{ epochIndex, bundle: encodeBundle(bundle) }];
  };
  const lost = signed.filter(({ epochIndex, bundle }) => {
    const epoch = scheduled.get(epochIndex);
    if (epoch !== undefined) return namesLostKeys(bundle, epoch, known);
    // Retired keys: none for the current epoch. At its end the issuer's clock may only be ahead of ours.
    return (
      epochIndex === from && epochIndexAt(now + graceSeconds(deps.epochSeconds), deps.epochSeconds) === from
    );
  });
  // Only bundles that were not shown yet, and that no log has, can be replaced: two for one epoch are equivocation.
  const changed = signed.filter(({ epochIndex, bundle, proof }) => {
    const epoch = epochs.find((one) => one.epochIndex === epochIndex);
    if (epoch === undefined || proof !== null || epochIndex < from + REPLACED_AHEAD) return false;
    if (lost.some((one) => one.epochIndex === epochIndex)) return false;
    const wanted = bundleOf(deps, epoch, scheduled.get(epochIndex), known);
    return wanted !== null && hasOtherServices(bundle, wanted);
  });
  const replaceable = lost.filter(({ epochIndex, proof }) => epochIndex > from && proof === null);
  const withdrawn = new Set([...replaceable, ...changed].map(({ epochIndex }) => epochIndex));
  const offered = [...unsigned, ...epochs.filter(({ epochIndex }) => withdrawn.has(epochIndex))].flatMap(
    offer,
  );
  if (withdrawn.size > 0) await deps.store.withdraw([...withdrawn]);
  if (offered.length > 0) await deps.store.offer(offered);
  return [
    ...problems,
    ...lostVouchersProblem(known, published, deps.epochSeconds),
    ...lost.map(({ epochIndex, proof }) =>
      lostKeysProblem(epochIndex, epochIndex === from || proof !== null),
    ),
    ...changed.map(({ epochIndex }) => otherServicesProblem(epochIndex)),
  ];
}

/** Null when the issuer has not scheduled the keys that the epoch needs. */
function bundleOf(
  deps: AuthorityDeps,
  epoch: StoredEpoch,
  scheduled: ScheduledEpoch | undefined,
  known: VoucherKeys,
): Bundle | null {
  if (scheduled === undefined) return null;
  const refill = offeredRefill(deps.services, withPublicKeys(scheduled.refill, epoch.epochIndex, known));
  const offered = deps.services.filter(({ target }) => refill !== null || !('issuer' in target));
  const services: ServiceEntry[] = [];
  for (const { name, token, lengths, stream } of offered) {
    const challenge = scheduled.challenges.find(
      (c) => c.service === name && c.tokenType === token?.type,
    )?.challenge;
    if (token !== null && challenge === undefined) return null;
    services.push({
      name,
      tokenType: token?.type ?? 0,
      challenge: challenge ?? EMPTY,
      requestLength: lengths.requestLength,
      responseLength: lengths.responseLength,
      streams: stream !== null,
      streamsRequests: stream?.requests ?? false,
    });
  }
  const { epochSeconds, nextRoot, provider } = deps;
  const notBefore = epoch.epochIndex * epochSeconds;
  return {
    sequence: epoch.epochIndex,
    notBefore,
    notAfter: acceptedUntil(notBefore, epochSeconds),
    suite: SUITE,
    keyConfigs: keyConfigsOf(epoch),
    directory: scheduled.directory,
    services,
    nextRoot,
    extension: { classes: classesOf(offered), provider: provider ?? '', refill },
  };
}
