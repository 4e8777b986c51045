import type { Hpke } from '@sotto/ohttp';
import type { Voprf } from '@sotto/voprf';
import type { Bytes, Random, UnixSeconds } from '@sotto/wire';
import type { Wallet } from './wallet/wallet.ts';

/** What is sent: nothing of the platform's that could tell one user from another (privacy L10, L15). */
export interface FetchInit {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: Bytes;
  readonly redirect: 'error';
  readonly credentials: 'omit';
  readonly cache: 'no-store';
  readonly referrerPolicy: 'no-referrer';
  readonly signal?: AbortSignal;
}

/** The little of a Response that is used; React Native's will do. */
export interface FetchAnswer {
  readonly status: number;
  readonly redirected?: boolean;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

/** Runs `task` while no other with this name runs, in this tab or another (Web Locks, where there are any). */
export type Lock = <T>(name: string, task: () => Promise<T>) => Promise<T>;

/** The platform, all of it injected: a client reaches for nothing by itself. */
export interface Platform {
  readonly fetch: Fetch;
  readonly random: Random;
  readonly now: () => UnixSeconds;
  readonly wallet: Wallet;
  /** Waits; a timer of the platform's unless given. In the background it keeps no process alive. */
  readonly sleep?: (seconds: number, background?: boolean) => Promise<void>;
  readonly lock?: Lock;
  /** A signal that aborts after so many seconds; without it nothing is given up but by the platform. */
  readonly deadline?: (seconds: number) => AbortSignal;
  readonly hpke?: Hpke;
  readonly voprf?: Voprf;
}

export interface ClientOptions extends Platform {
  /** Base URL of the relay. */
  readonly relay: string;
  /** Base URL of the issuer. */
  readonly issuer: string;
  /** Ed25519 public keys of which one must have signed the key bundle: base64url or 32 bytes. */
  readonly root: string | Bytes | readonly (string | Bytes)[];
  /** A bearer JWT for the account, asked for when tokens are drawn. */
  readonly account: () => Promise<string>;
  /** Services whose tokens are drawn by schedule. Default: stickers. */
  readonly services?: readonly string[];
  /** URLs that must show the same bundle as the relay; `agree` of all the places asked. Default: none. */
  readonly mirrors?: { readonly urls: readonly string[]; readonly agree?: number };
  /** Seconds of an epoch, as the operator runs it: a day. */
  readonly epochSeconds?: number;
  /** Seconds that a token rests between being drawn and being spent: 900 (privacy L6). */
  readonly restSeconds?: number;
  /** Batches of 30 tokens drawn in an epoch, whatever is spent: 3. */
  readonly batches?: number;
  /** The longest wait before keys are fetched again after the gateway refused them: 60. */
  readonly keyDelaySeconds?: number;
}

/** Uniform in 0..n-1, by rejection. */
export function below(n: number, random: Random): number {
  const limit = Math.floor(2 ** 32 / n) * n;
  for (;;) {
    let draw = 0;
    for (const byte of random(4)) draw = draw * 256 + byte;
    if (draw < limit) return draw % n;
  }
}

export const timerSleep = (seconds: number, background = false): Promise<void> =>
  new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, Math.min(seconds * 1000, 2 ** 31 - 1));
    if (background) (timer as { unref?: () => void }).unref?.(); // Node's; a browser's is a number
  });

/** A lock within one JavaScript realm. */
export function realmLock(): Lock {
  const tails = new Map<string, Promise<unknown>>();
  return async (name, task) => {
    const before = tails.get(name) ?? Promise.resolve();
    const mine = before.then(task, task);
    tails.set(
      name,
      mine.catch(() => {}),
    );
    return mine;
  };
}
