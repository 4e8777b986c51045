import type { Hpke } from '@sotto/ohttp';
import type { VoprfClient } from '@sotto/voprf';
import type { Bytes, Random, UnixSeconds } from '@sotto/wire';
import type { streamedUpload } from './upload.ts';
import type { Wallet } from './wallet/wallet.ts';

/** A request of the client. It carries nothing by which the platform could tell users apart (privacy L10, L15). */
export interface FetchInit {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  /** A stream only if the platform has an `upload`. */
  readonly body?: Bytes | ReadableStream<Uint8Array>;
  /** Set with a stream. */
  readonly duplex?: 'half';
  readonly redirect: 'error';
  readonly credentials: 'omit';
  readonly cache: 'no-store';
  readonly referrerPolicy: 'no-referrer';
  readonly signal?: AbortSignal;
}

/** The parts of a Response that the client reads. The Response of browsers, Node and React Native has them. */
export interface FetchResponse {
  readonly status: number;
  readonly redirected?: boolean;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The platform's `fetch`. It may reject with a NotSentError if it is certain that nothing was sent. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** Thrown by a platform's `fetch` if nothing was sent. The client then puts the token back. */
export class NotSentError extends Error {}

/** Runs `task` while no other task with this name runs, in this tab or process or another one. */
export type Lock = <T>(name: string, task: () => Promise<T>) => Promise<T>;

/**
 * The parts of its platform that a client uses. All of it is passed in; the client has no default for the
 * first four.
 */
export interface ClientPlatform {
  /** Sends the requests of the client, as `fetch` does. */
  readonly fetch: Fetch;
  /**
   * How a body is sent as it is read: `streamedUpload`, if `fetch` sends streams, as Node's does. A browser's does not over
   * HTTP/1.1. Default: a body is read to its end first.
   */
  readonly upload?: typeof streamedUpload;
  /** Bytes from a CSPRNG. */
  readonly random: Random;
  /** The time in seconds since 1970. */
  readonly now: () => UnixSeconds;
  /** Where tokens are kept: `memoryWallet()`, or one that outlives the process. */
  readonly wallet: Wallet;
  /** Resolves after this many seconds. A background wait must not keep a process alive. Default: `setTimeout`. */
  readonly sleep?: (seconds: number, background?: boolean) => Promise<void>;
  /** Default: a lock within this JavaScript realm. */
  readonly lock?: Lock;
  /** A signal that aborts after this many seconds. Default: an AbortController and `setTimeout`. */
  readonly deadline?: (seconds: number) => AbortSignal;
  /** Default: pure JavaScript for the suites of the key bundle. */
  readonly hpke?: Hpke;
  /** Default: pure JavaScript for ristretto255. Browsers and Node use WebCrypto's X25519 where it exists. */
  readonly voprf?: VoprfClient;
}

/** How a client reaches its relay and issuer, and how it refills its wallet. */
export interface ClientOptions extends ClientPlatform {
  /** Base URL of the relay: https, or http to a loopback address. */
  readonly relay: string;
  /** Base URL of the issuer: https, or http to a loopback address. */
  readonly issuer: string;
  /** Ed25519 public keys, one of which must have signed the key bundle: base64url or 32 bytes each. */
  readonly root: string | Bytes | readonly (string | Bytes)[];
  /**
   * A policy file (C2SP tlog-policy) with the comment `# sotto base=N`: a key bundle is accepted only with the proof that
   * the log has it as entry `epoch - N` and that the quorum of witnesses saw the log. The application ships it, as it
   * ships `root`. Default: none, and bundles need no proof.
   */
  readonly policy?: string;
  /** Returns a bearer JWT of the account. Called for each batch of tokens. */
  readonly account: () => Promise<string>;
  /** Services whose tokens are refilled by schedule. Default: `['stickers']`. */
  readonly services?: readonly string[];
  /** Other URLs of the key bundle. `agree` of all URLs, the relay's included, must show the same one. Default: none, all. */
  readonly mirrors?: { readonly urls: readonly string[]; readonly agree?: number };
  /** Length of an epoch in seconds, as the operator configured it. Default: 86400. */
  readonly epochSeconds?: number;
  /** Seconds between the issuance and the first use of a token. Default: 900 (privacy L6). */
  readonly restSeconds?: number;
  /** Batches of 30 tokens per epoch and service. Default: 3. */
  readonly batches?: number;
  /** Longest random delay, in seconds, before keys are fetched again after the gateway refused one. Default: 60. */
  readonly keyDelaySeconds?: number;
}

/** A uniform integer from 0 to n-1, by rejection sampling; n is at most 2^32. */
export function randomBelow(n: number, random: Random): number {
  const limit = Math.floor(2 ** 32 / n) * n;
  for (;;) {
    let value = 0;
    for (const byte of random(4)) value = value * 256 + byte;
    if (value < limit) return value % n;
  }
}

/** `sleep` by `setTimeout`. Longer waits than a timer can hold (24.8 days) end early. */
export const timerSleep = (seconds: number, background = false): Promise<void> =>
  new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, Math.min(seconds * 1000, 2 ** 31 - 1));
    if (background) (timer as { unref?: () => void }).unref?.(); // Node returns an object, a browser a number
  });

/**
 * `deadline` by `setTimeout`. Its timer refers to the signal: Node 20 collects the signal of `AbortSignal.timeout`
 * when only `AbortSignal.any` refers to it, and then it never aborts.
 */
export function timerDeadline(seconds: number): AbortSignal {
  const controller = new AbortController();
  void timerSleep(seconds, true).then(() => controller.abort());
  return controller.signal;
}

/** A lock within one JavaScript realm. */
export function realmLock(): Lock {
  const tails = new Map<string, Promise<unknown>>();
  return async (name, task) => {
    const previous = tails.get(name) ?? Promise.resolve();
    const result = previous.then(task, task);
    tails.set(
      name,
      result.catch(() => {}),
    );
    return result;
  };
}
