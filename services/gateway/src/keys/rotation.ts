import { ConfigError } from '@sotto/service/config';
import { epochIndexAt, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { RewrappedKey, StoredEpoch } from '../ports.ts';
import { prepare, purposeOf, tagPurposeOf, type AuthorityDeps } from './authority.ts';

type StoreAndWrap = Pick<AuthorityDeps, 'store' | 'wrap'>;

/** Epochs by their index. An unreadable one has a key that no wrapping key unwraps. */
export interface Readability {
  readonly readable: readonly number[];
  readonly unreadable: readonly number[];
}

/** Tries to unwrap every stored key. */
export async function checkKeys(deps: StoreAndWrap): Promise<Readability> {
  const readable: number[] = [];
  const unreadable: number[] = [];
  for (const epoch of await allEpochs(deps)) {
    ((await isReadable(deps, epoch)) ? readable : unreadable).push(epoch.epochIndex);
  }
  return { readable, unreadable };
}

/**
 * Checks every stored key. Returns the epochs whose keys cannot be unwrapped.
 *
 * @throws {ConfigError} if not one key can: then the wrapping key is not the one of this store
 */
export async function requireReadable(deps: StoreAndWrap): Promise<readonly number[]> {
  const { readable, unreadable } = await checkKeys(deps);
  if (unreadable.length === 0 || readable.length > 0) return unreadable;
  throw new ConfigError(
    'KEY_WRAPPING_KEY',
    'unwraps no key in the store. Set KEY_WRAPPING_KEY_PREVIOUS to the key before it, or KEYS_LOST=1 if that is lost',
  );
}

/** Wraps every key under KEY_WRAPPING_KEY that is still wrapped under KEY_WRAPPING_KEY_PREVIOUS. */
export async function rewrapKeys(
  deps: StoreAndWrap,
): Promise<{ readonly rewrapped: number; readonly unreadable: readonly number[] }> {
  const changes: RewrappedKey[] = [];
  const unreadable = new Set<number>();
  for (const epoch of await allEpochs(deps)) {
    for (const { kemId, wrapped, context } of wrappedKeysOf(epoch)) {
      const { epochIndex } = epoch;
      try {
        const after = await deps.wrap.rewrap(wrapped, context);
        if (after !== null) changes.push({ epochIndex, kemId, before: wrapped, after });
      } catch {
        unreadable.add(epochIndex);
      }
    }
  }
  await deps.store.rewrap(changes);
  return { rewrapped: changes.length, unreadable: [...unreadable] };
}

/**
 * After a wrapping key was lost: makes new keys for unreadable epochs after the current one. Their bundles
 * have to be signed again. The current epoch stays as it is, because clients have its bundle and would treat
 * another one as an attack; the outage lasts until it ends. An epoch whose bundle is logged also stays,
 * because a second bundle could not be logged. Returns the epochs that were made.
 */
export async function replaceUnreadable(deps: AuthorityDeps, now: UnixSeconds): Promise<number[]> {
  const current = epochIndexAt(now, deps.epochSeconds);
  const { unreadable } = await checkKeys(deps);
  const bundles = await deps.store.bundles(current, Number.MAX_SAFE_INTEGER);
  const logged = new Set(bundles.filter(({ proof }) => proof !== null).map(({ epochIndex }) => epochIndex));
  const replaced = unreadable.filter((epochIndex) => epochIndex > current && !logged.has(epochIndex));
  await deps.store.discard(replaced);
  await prepare(deps, now).catch(() => {}); // the keys come first; bundles are offered once the issuer responds
  return replaced;
}

const allEpochs = ({ store }: StoreAndWrap): Promise<StoredEpoch[]> =>
  store.epochs(0, Number.MAX_SAFE_INTEGER);

async function isReadable({ wrap }: StoreAndWrap, epoch: StoredEpoch): Promise<boolean> {
  try {
    for (const { wrapped, context } of wrappedKeysOf(epoch)) (await wrap.unwrap(wrapped, context)).fill(0);
    return true;
  } catch {
    return false;
  }
}

interface WrappedKey {
  readonly kemId: number | null; // null for the HMAC key
  readonly wrapped: Bytes;
  readonly context: Bytes;
}

function wrappedKeysOf({ epochIndex, keys, tagKey }: StoredEpoch): WrappedKey[] {
  const pairs = keys.map(({ kemId, publicKey, wrapped }) => ({
    kemId,
    wrapped,
    context: purposeOf(epochIndex, kemId, publicKey),
  }));
  return [...pairs, { kemId: null, wrapped: tagKey, context: tagPurposeOf(epochIndex) }];
}
