import { hex, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { KeyAuthority } from './ports.ts';

const BLOCK = 30_000; // evaluations
const FRESH = 600; // seconds that a key is taken to exist still

interface Block {
  left: number; // evaluations
  asked: UnixSeconds; // when the authority last said that the key exists
}

/**
 * Spends a key's ceiling of evaluations in blocks that the authority took off it beforehand: what a
 * crash loses is counted as used.
 *
 * It asks for more at the end of a block, and whether the key still exists every ten minutes: after a
 * restore, whoever was not told of it would go on to sign what nobody accepts.
 */
export class Budget {
  readonly #authority: Pick<KeyAuthority, 'reserve'>;
  readonly #now: () => UnixSeconds;
  readonly #blocks = new Map<string, Block>();

  constructor(authority: Pick<KeyAuthority, 'reserve'>, now: () => UnixSeconds) {
    this.#authority = authority;
    this.#now = now;
  }

  /** Takes `count` evaluations of a key. False when its ceiling is reached, or it is destroyed. */
  async take({ keyId, ceiling }: { keyId: Bytes; ceiling: number }, count: number): Promise<boolean> {
    const key = hex(keyId);
    const held = this.#blocks.get(key);
    if (held !== undefined && this.#now() - held.asked >= FRESH) {
      if (!(await this.#authority.reserve(keyId, 0))) {
        this.#blocks.delete(key);
        return false;
      }
      held.asked = this.#now();
    }
    if ((this.#blocks.get(key)?.left ?? 0) < count) {
      const more = Math.max(count, Math.min(BLOCK, Math.floor(ceiling / 1000)));
      const reserved =
        (await this.#reserve(keyId, more)) || (more > count && (await this.#reserve(keyId, count)));
      if (!reserved) return false;
    }
    // Another request may have taken of the block meanwhile: there was enough for one of us only.
    const block = this.#blocks.get(key);
    if (block === undefined || block.left < count) return this.take({ keyId, ceiling }, count);
    block.left -= count;
    return true;
  }

  async #reserve(keyId: Bytes, count: number): Promise<boolean> {
    if (!(await this.#authority.reserve(keyId, count))) return false;
    const key = hex(keyId);
    this.#blocks.set(key, { left: (this.#blocks.get(key)?.left ?? 0) + count, asked: this.#now() });
    return true;
  }

  /** Forgets every block, with the keys that they are of. */
  forget(): void {
    this.#blocks.clear();
  }
}
