import { hex, type Bytes } from '@sotto/wire';
import type { KeyAuthority } from './ports.ts';

const BLOCK = 30_000; // evaluations

/**
 * Spends a key's ceiling of evaluations in blocks that the authority took off it beforehand: what a
 * crash loses is counted as used.
 */
export class Budget {
  readonly #authority: Pick<KeyAuthority, 'reserve'>;
  readonly #left = new Map<string, number>();

  constructor(authority: Pick<KeyAuthority, 'reserve'>) {
    this.#authority = authority;
  }

  /** Takes `count` evaluations of a key. False when its ceiling is reached. */
  async take({ keyId, ceiling }: { keyId: Bytes; ceiling: number }, count: number): Promise<boolean> {
    const key = hex(keyId);
    const block = Math.max(count, Math.min(BLOCK, Math.floor(ceiling / 1000)));
    if ((this.#left.get(key) ?? 0) < count) {
      if (await this.#authority.reserve(keyId, block)) this.giveBack(keyId, block);
      else if (block > count && (await this.#authority.reserve(keyId, count))) this.giveBack(keyId, count);
      else return false;
    }
    // Another request may have taken of the block meanwhile: there was enough for one of us only.
    const left = this.#left.get(key) ?? 0;
    if (left < count) return this.take({ keyId, ceiling }, count);
    this.#left.set(key, left - count);
    return true;
  }

  /** Returns what was not used. */
  giveBack(keyId: Bytes, count: number): void {
    const key = hex(keyId);
    this.#left.set(key, (this.#left.get(key) ?? 0) + count);
  }

  /** Forgets every block, with the keys that they are of. */
  forget(): void {
    this.#left.clear();
  }
}
