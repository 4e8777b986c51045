import { tokenKeyId, truncatedTokenKeyId } from '@sotto/privacypass';
import type { KeyWrap } from '@sotto/service/keys';
import type { Voprf, VoprfKeyPair } from '@sotto/voprf';
import { HORIZON, type UnixSeconds } from '@sotto/wire';
import type { Config } from './config.ts';
import type { IssuerState, KeyRow, NewKey } from './key-store.ts';
import type { System } from './ports.ts';
import { KeyError, keyContext } from './secret-key.ts';

/** A key that the schedule requires, before it is made. */
export interface PlannedKey {
  readonly service: string;
  readonly type: number;
  readonly epoch: UnixSeconds;
  readonly shards: number;
}

interface KeyMakingDeps {
  readonly voprf: (tokenType: number) => Voprf;
  readonly wrap: KeyWrap;
  readonly system: Pick<System, 'random'>;
}

const TRUNCATED_IDS = 256;
/** With one id of 256 free, this many attempts miss it once in 10^17. */
const MAX_KEY_ATTEMPTS = 10_000;

/** The keys that must exist in the state's epoch and in those ahead, and do not. */
export function missingKeys(
  { services, epochSeconds }: Config,
  state: IssuerState,
  keys: readonly KeyRow[],
): PlannedKey[] {
  // The directory of the current epoch was published before the epoch began, and does not change.
  const published = keys.some(({ epoch }) => epoch === state.epoch);
  const ahead = Array.from({ length: HORIZON + 1 }, (_, i) => state.epoch + i * epochSeconds);
  const open = ahead.filter((epoch) => epoch > state.retiredThrough && !(published && epoch === state.epoch));
  const planned = services.flatMap(({ name, types, shards }) =>
    types.flatMap((type) => open.map((epoch) => ({ service: name, type, epoch, shards }))),
  );
  return planned.filter((one) => !keys.some((key) => isSameKey(key, one)));
}

type KeyPlace = Pick<PlannedKey, 'service' | 'type' | 'epoch'>;

/** Whether two keys are for the same service, type and epoch. */
export const isSameKey = (a: KeyPlace, b: KeyPlace): boolean =>
  a.service === b.service && a.type === b.type && a.epoch === b.epoch;

/** Generates keys until one has a truncated id that no other key has. */
export async function makeKey(
  { voprf, wrap, system }: KeyMakingDeps,
  planned: PlannedKey,
  taken: ReadonlySet<number>,
): Promise<NewKey> {
  const { secretKey, publicKey } = await generate(voprf(planned.type), system, taken);
  const keyId = tokenKeyId(publicKey);
  const wrapped = await wrap.wrap(secretKey, keyContext({ ...planned, keyId }));
  secretKey.fill(0);
  return { ...planned, keyId, truncated: truncatedTokenKeyId(publicKey), publicKey, wrapped };
}

async function generate(
  voprf: Voprf,
  { random }: Pick<System, 'random'>,
  taken: ReadonlySet<number>,
): Promise<VoprfKeyPair> {
  if (taken.size >= TRUNCATED_IDS) throw new KeyError('no-truncated-id', 'all 256 truncated ids are taken');
  for (let attempt = 0; attempt < MAX_KEY_ATTEMPTS; attempt++) {
    const pair = await voprf.generateKeyPair(random);
    if (!taken.has(truncatedTokenKeyId(pair.publicKey))) return pair;
    pair.secretKey.fill(0);
  }
  throw new KeyError('no-truncated-id', `no free truncated id in ${MAX_KEY_ATTEMPTS} attempts`);
}
