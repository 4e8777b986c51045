import { HttpError } from '@sotto/http';

export interface UploadLimits {
  /** Of all requests in progress together, in one isolate (128 MB) or process. */
  readonly maxBytes: number;
  /** Bodies that may be on their way at once. Lower than the limit on exchanges, so that uploads alone never reach that. */
  readonly maxUploads: number;
}

const SETTLED_MS = 1000; // an upload younger than this is never ended for another one

interface Held {
  readonly began: number; // milliseconds
  bytes: number;
  /** Ends the upload; null once the body is complete. */
  cancel: (() => void) | null;
}

/** One request's share of the memory, which grows as its bytes arrive. */
export interface Share {
  /** @throws {HttpError} `unavailable` if there is no room */
  take(bytes: number): void;
  /** The body is complete: from now on the request is not ended for another one. */
  complete(): void;
  /** Releases all of it. */
  release(): void;
}

/**
 * The bodies that are being received. When there is no room for another one, the oldest that is still on its way is ended:
 * uploads that stop or trickle make room, so that requests without a token cannot keep others out.
 */
export class Uploads {
  readonly #limits: UploadLimits;
  readonly #elapsedMs: () => number;
  readonly #held = new Set<Held>(); // in the order in which they began

  constructor(limits: UploadLimits, elapsedMs: () => number) {
    this.#limits = limits;
    this.#elapsedMs = elapsedMs;
  }

  /** @throws {HttpError} `unavailable` */
  begin(cancel: () => void): Share {
    const held: Held = { began: this.#elapsedMs(), bytes: 0, cancel };
    while (this.#uploading() >= this.#limits.maxUploads) this.#endOldest(held);
    this.#held.add(held);
    return {
      take: (bytes) => {
        while (this.#bytes() + bytes > this.#limits.maxBytes) this.#endOldest(held);
        held.bytes += bytes;
      },
      complete: () => {
        held.cancel = null;
      },
      release: () => {
        this.#held.delete(held);
      },
    };
  }

  #endOldest(except: Held): void {
    const before = this.#elapsedMs() - SETTLED_MS;
    for (const held of this.#held) {
      if (held === except || held.cancel === null || held.began > before) continue;
      this.#held.delete(held);
      held.cancel();
      return;
    }
    throw new HttpError('unavailable');
  }

  #uploading(): number {
    return [...this.#held].filter(({ cancel }) => cancel !== null).length;
  }

  #bytes(): number {
    return [...this.#held].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
