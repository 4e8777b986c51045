import type { Bytes } from '@sotto/wire';
import { createWallet, type Wallet, type WalletStore } from './wallet.ts';

/** A store in memory. */
export function memoryStore(): WalletStore {
  let stored: { version: number; bytes: Bytes } | null = null;
  return {
    load: async () => stored,
    async replace(version, bytes) {
      if ((stored?.version ?? 0) !== version) return false;
      stored = { version: version + 1, bytes: bytes.slice() };
      return true;
    },
  };
}

/** A wallet in memory. Its tokens are lost with the page or the process. */
export function memoryWallet(): Wallet {
  return createWallet(memoryStore());
}
