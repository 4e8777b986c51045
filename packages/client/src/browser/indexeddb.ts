import { concat, uint, utf8, type Bytes } from '@sotto/wire';
import { database, type Database } from './database.ts';
import { walletOver, type Sealer, type Store, type Wallet } from '../wallet/wallet.ts';

const STATE = 'state';
const KEY = 'key';
const CONTEXT = utf8('sotto wallet 1\n');
const PLAIN = Uint8Array.of(0);
const SEALED = Uint8Array.of(1);

interface Kept {
  readonly version: number;
  readonly bytes: Bytes;
}

/** One row, compared and replaced in one transaction: tabs need no lock between them. */
function indexedDbStore(db: Database): Store {
  return {
    load: async () => ((await db.get(STATE)) as Kept | undefined) ?? null,
    async replace(version, bytes) {
      let ours = false;
      await db.put(STATE, (kept) => {
        ours = ((kept as Kept | undefined)?.version ?? 0) === version;
        return ours ? ({ version: version + 1, bytes } satisfies Kept) : undefined;
      });
      return ours;
    },
  };
}

/**
 * AES-256-GCM under a key that the platform keeps and gives nobody (non-extractable). Where it keeps no keys
 * the content stays as it is; one byte in front says which. See specs/decisions/0015 for what this is worth.
 */
function platformSealer(db: Database, crypto: Crypto): Sealer {
  let key: Promise<CryptoKey | null> | null = null;
  const loaded = (): Promise<CryptoKey | null> =>
    (key ??= loadKey(db, crypto).catch((error: unknown) => {
      key = null; // asked for again next time
      throw error;
    }));
  return {
    async seal(bytes, version) {
      const mine = await loaded();
      if (mine === null) return concat(PLAIN, bytes);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const ct = await crypto.subtle.encrypt(aesGcm(iv, version), mine, bytes);
      return concat(SEALED, iv, new Uint8Array(ct));
    },
    async open(bytes, version) {
      if (bytes[0] === PLAIN[0]) return bytes.slice(1);
      const mine = await loaded();
      if (mine === null) throw new Error('no key');
      return new Uint8Array(
        await crypto.subtle.decrypt(aesGcm(bytes.slice(1, 13), version), mine, bytes.slice(13)),
      );
    },
  };
}

const aesGcm = (iv: Bytes, version: number): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: concat(CONTEXT, uint(8, version)),
});

/** The kept key, or a fresh one that is kept from now on; null where the platform cannot. */
async function loadKey(db: Database, { subtle }: Crypto): Promise<CryptoKey | null> {
  if ((subtle as SubtleCrypto | undefined) === undefined) return null;
  const fresh = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  try {
    let key = fresh;
    await db.put(KEY, (kept) => {
      if (kept === undefined) return fresh;
      key = kept as CryptoKey;
      return undefined;
    });
    return key;
  } catch (error) {
    // A platform that clones no CryptoKey; any other failure is one of the moment.
    if ((error as DOMException).name === 'DataCloneError') return null;
    throw error;
  }
}

/**
 * A wallet in the page's IndexedDB, safe among tabs; encrypted at rest where there is `crypto.subtle`
 * (a secure context).
 */
export function indexedDbWallet(name = 'sotto'): Wallet {
  const db = database(name);
  return walletOver(indexedDbStore(db), platformSealer(db, globalThis.crypto));
}
