import type { Bytes } from '@sotto/wire';
import { walletOver, type Store, type Wallet } from './wallet.ts';

/** A store that is forgotten with the page or the process. */
export function memoryStore(): Store {
  let kept: { version: number; bytes: Bytes } | null = null;
  return {
    load: async () => kept,
    async replace(version, bytes) {
      if ((kept?.version ?? 0) !== version) return false;
      kept = { version: version + 1, bytes: bytes.slice() };
      return true;
    },
  };
}

export function memoryWallet(): Wallet {
  return walletOver(memoryStore());
}
