import { concat, uint, utf8, type Bytes } from '@sotto/wire';
import { database, type Database } from './database.ts';
import { createWallet, type WalletSealer, type WalletStore, type Wallet } from '../wallet/wallet.ts';

const STATE = 'state';
const KEY = 'key';
const CONTEXT = utf8('sotto wallet 1\n');
const PLAIN = Uint8Array.of(0);
const SEALED = Uint8Array.of(1);

interface StoredRow {
  readonly version: number;
  readonly bytes: Bytes;
}

/** One row, compared and replaced in one transaction, so that tabs need no lock. */
function indexedDbStore(db: Database): WalletStore {
  return {
    load: async () => ((await db.get(STATE)) as StoredRow | undefined) ?? null,
    async replace(version, bytes) {
      let replaced = false;
      await db.put(STATE, (stored) => {
        replaced = ((stored as StoredRow | undefined)?.version ?? 0) === version;
        return replaced ? ({ version: version + 1, bytes } satisfies StoredRow) : undefined;
      });
      return replaced;
    },
  };
}

/**
 * AES-256-GCM under a non-extractable key of the platform's. Where the platform cannot store keys the content is not
 * encrypted; the first byte says which. specs/decisions/0015 says what this protects against.
 */
function platformSealer(db: Database, crypto: Crypto): WalletSealer {
  let key: Promise<CryptoKey | null> | null = null;
  const loaded = (): Promise<CryptoKey | null> =>
    (key ??= loadKey(db, crypto).catch((error: unknown) => {
      key = null; // try again next time
      throw error;
    }));
  return {
    async seal(bytes, version) {
      const cryptoKey = await loaded();
      if (cryptoKey === null) return concat(PLAIN, bytes);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const ct = await crypto.subtle.encrypt(aesGcm(iv, version), cryptoKey, bytes);
      return concat(SEALED, iv, new Uint8Array(ct));
    },
    async open(bytes, version) {
      if (bytes[0] === PLAIN[0]) return bytes.slice(1);
      const cryptoKey = await loaded();
      if (cryptoKey === null) throw new Error('no key');
      return new Uint8Array(
        await crypto.subtle.decrypt(aesGcm(bytes.slice(1, 13), version), cryptoKey, bytes.slice(13)),
      );
    },
  };
}

const aesGcm = (iv: Bytes, version: number): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: concat(CONTEXT, uint(8, version)),
});

/** The stored key, or a fresh one that is stored first; null where the platform cannot store keys. */
async function loadKey(db: Database, { subtle }: Crypto): Promise<CryptoKey | null> {
  if ((subtle as SubtleCrypto | undefined) === undefined) return null;
  const fresh = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  try {
    let key = fresh;
    await db.put(KEY, (stored) => {
      if (stored === undefined) return fresh;
      key = stored as CryptoKey;
      return undefined;
    });
    return key;
  } catch (error) {
    // This platform cannot clone a CryptoKey. Any other failure may be temporary.
    if ((error as DOMException).name === 'DataCloneError') return null;
    throw error;
  }
}

/**
 * A wallet in the page's IndexedDB. Several tabs may use it at once. It is encrypted at rest where there is
 * `crypto.subtle` (in a secure context).
 *
 * @param name - of the database
 */
export function indexedDbWallet(name = 'sotto'): Wallet {
  const db = database(name);
  return createWallet(indexedDbStore(db), platformSealer(db, globalThis.crypto));
}
