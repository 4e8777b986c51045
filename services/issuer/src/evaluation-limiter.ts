import { hex, type Bytes, type UnixSeconds } from '@sotto/wire';
import type { KeyAuthority } from './ports.ts';

const FIRST_BLOCK = 300; // evaluations
const MAX_BLOCK = 30_000; // evaluations
const CONFIRM_SECONDS = 600; // between two checks whether the key still exists

interface Block {
  size: number; // evaluations that the latest reservation was for
  reservedAt: UnixSeconds; // when that was
  left: number; // evaluations
  confirmedAt: UnixSeconds; // when the authority last confirmed that the key exists
}

/**
 * Keeps each key under its ceiling of evaluations. It reserves them from the authority in blocks. A block that is used up
 * within ten minutes is followed by one of twice the size, and one that lasts longer by one of half. So an isolate that
 * ends, which loses the rest of its block, loses no more than it used and one first block.
 *
 * Every ten minutes it checks with the authority that the key still exists: an isolate that missed a restore would
 * otherwise continue to sign tokens that are not accepted.
 */
export class EvaluationLimiter {
  readonly #authority: Pick<KeyAuthority, 'reserve'>;
  readonly #now: () => UnixSeconds;
  readonly #blocks = new Map<string, Block>();

  constructor(authority: Pick<KeyAuthority, 'reserve'>, now: () => UnixSeconds) {
    this.#authority = authority;
    this.#now = now;
  }

  /** Reserves evaluations of a key. False when its ceiling is reached, or when the key was destroyed. */
  async reserve({ keyId, ceiling }: { keyId: Bytes; ceiling: number }, count: number): Promise<boolean> {
    const key = hex(keyId);
    const block = this.#blocks.get(key);
    // A clock that was set back makes the age negative, which also needs a check.
    const age = this.#now() - (block?.confirmedAt ?? 0);
    if (block !== undefined && (age >= CONFIRM_SECONDS || age < 0)) {
      if (!(await this.#authority.reserve(keyId, 0))) {
        this.#blocks.delete(key);
        return false;
      }
      block.confirmedAt = this.#now();
    }
    if ((this.#blocks.get(key)?.left ?? 0) < count) {
      const more = Math.max(count, this.#nextSize(block, ceiling));
      const isReserved =
        (await this.#extend(keyId, more)) || (more > count && (await this.#extend(keyId, count)));
      if (!isReserved) return false;
    }
    // Another request may have used the block meanwhile.
    const current = this.#blocks.get(key);
    if (current === undefined || current.left < count) return this.reserve({ keyId, ceiling }, count);
    current.left -= count;
    return true;
  }

  async #extend(keyId: Bytes, count: number): Promise<boolean> {
    if (!(await this.#authority.reserve(keyId, count))) return false;
    const key = hex(keyId);
    const now = this.#now();
    const left = (this.#blocks.get(key)?.left ?? 0) + count;
    this.#blocks.set(key, { size: count, reservedAt: now, left, confirmedAt: now });
    return true;
  }

  #nextSize(block: Block | undefined, ceiling: number): number {
    const largest = Math.min(MAX_BLOCK, Math.floor(ceiling / 1000));
    if (block === undefined) return Math.min(FIRST_BLOCK, largest);
    const lasted = Math.abs(this.#now() - block.reservedAt);
    const next = lasted < CONFIRM_SECONDS ? block.size * 2 : Math.floor(block.size / 2);
    return Math.min(largest, Math.max(FIRST_BLOCK, next));
  }

  /** Drops every block with its remaining evaluations. */
  forget(): void {
    this.#blocks.clear();
  }
}
