import { concat, equalBytes, uint, utf8, type Bytes } from '@sotto/wire';
import { UnreadableWalletError } from '../wallet/state.ts';
import { createWallet, type Wallet, type WalletStore } from '../wallet/wallet.ts';
import { database, type Database } from './database.ts';

const STATE = 'state';
const PROBE = 'probe';
const CONTEXT = utf8('sotto wallet 2\n');

/** The whole wallet is one row, so that no key can outlive its content, or be lost without it. */
interface StoredRow {
  readonly version: number;
  /** Encrypts the content; null where the platform cannot store keys, and then the content is not encrypted. */
  readonly key: CryptoKey | null;
  readonly bytes: Bytes;
}

/**
 * A row that is compared and replaced in one transaction, so that tabs need no lock. Its content is encrypted by
 * AES-256-GCM under a non-extractable key. specs/decisions/0015 says what this protects against.
 */
function indexedDbStore(db: Database, crypto: Crypto): WalletStore {
  let loaded: StoredRow | null = null;
  const isLoaded = (stored: unknown): boolean =>
    loaded === null
      ? stored === undefined
      : equalBytes((stored as StoredRow | undefined)?.bytes ?? utf8(''), loaded.bytes);

  /** Replaces the loaded row by another one, or deletes it. False if another row is stored by now. */
  async function swap(next: StoredRow | null): Promise<boolean> {
    let swapped = false;
    await db.put(STATE, (stored) => {
      swapped = isLoaded(stored);
      return swapped ? next : undefined;
    });
    return swapped;
  }

  return {
    async load() {
      loaded = ((await db.get(STATE)) as StoredRow | undefined) ?? null;
      if (loaded === null) return null;
      return { version: loaded.version, bytes: await decrypt(loaded, db, crypto) };
    },
    async replace(version, bytes) {
      if ((loaded?.version ?? 0) !== version) return false;
      const key = loaded === null ? await newKey(crypto) : loaded.key;
      try {
        return await swap(await encrypt(key, version + 1, bytes, crypto));
      } catch (error) {
        if (loaded !== null || key === null || !isCloneError(error)) throw error;
        return swap(await encrypt(null, version + 1, bytes, crypto)); // this platform cannot store a key
      }
    },
    async discard() {
      await swap(null);
    },
  };
}

async function newKey({ subtle }: Crypto): Promise<CryptoKey | null> {
  if ((subtle as SubtleCrypto | undefined) === undefined) return null;
  return subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

async function encrypt(
  key: CryptoKey | null,
  version: number,
  bytes: Bytes,
  crypto: Crypto,
): Promise<StoredRow> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  if (key === null) return { version, key, bytes: concat(iv, bytes) };
  const ct = await crypto.subtle.encrypt(aesGcm(iv, version), key, bytes);
  return { version, key, bytes: concat(iv, new Uint8Array(ct)) };
}

/** @throws {UnreadableWalletError} if the row is not authentic, or not encrypted although the platform can store keys */
async function decrypt({ version, key, bytes }: StoredRow, db: Database, crypto: Crypto): Promise<Bytes> {
  const [iv, content] = [bytes.slice(0, 12), bytes.slice(12)];
  if (key === undefined) throw new UnreadableWalletError('a row of an older version');
  if (key === null) {
    if (await canStoreKeys(db, crypto)) throw new UnreadableWalletError('the wallet is not encrypted');
    return content;
  }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(aesGcm(iv, version), key, content));
  } catch {
    throw new UnreadableWalletError('the wallet was not encrypted under its key');
  }
}

/** Whether a key survives in this database. Any other failure than that of cloning may be temporary, and is thrown. */
async function canStoreKeys(db: Database, crypto: Crypto): Promise<boolean> {
  const key = await newKey(crypto);
  if (key === null) return false;
  try {
    await db.put(PROBE, () => key);
    await db.put(PROBE, () => null);
    return true;
  } catch (error) {
    if (isCloneError(error)) return false;
    throw error;
  }
}

const isCloneError = (error: unknown): boolean => (error as DOMException).name === 'DataCloneError';

const aesGcm = (iv: Bytes, version: number): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: concat(CONTEXT, uint(8, version)),
});

/**
 * A wallet in the page's IndexedDB. Several tabs may use it at once. It is encrypted at rest where there is
 * `crypto.subtle` (in a secure context).
 *
 * @param name - of the database
 */
export function indexedDbWallet(name = 'sotto'): Wallet {
  return createWallet(indexedDbStore(database(name), globalThis.crypto));
}
