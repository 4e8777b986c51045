import { randomFillSync } from 'node:crypto';
import { nodeHpke } from '@sotto/ohttp/node';
import { createClient, type Client } from '../client.ts';
import type { ClientOptions, Lock, ClientPlatform } from '../platform.ts';
import { withFileLock } from './file-lock.ts';
import { fileWallet } from './file-wallet.ts';

export * from '../index.ts';
export { fileWallet };

const REFILL_WAIT_MS = 120_000; // for another process to finish its refill

/** A lock among processes, by files beside the wallet's. */
const processLock =
  (file: string): Lock =>
  (name, task) =>
    withFileLock(`${file}.${name.replaceAll(/[^a-z0-9]+/gi, '-')}.lock`, REFILL_WAIT_MS, task);

/**
 * Node's clock, randomness, network, files and locks.
 *
 * @param file - of the wallet; its folder is created if it is missing
 */
export function nodePlatform(file: string): ClientPlatform {
  return {
    fetch: (url, init) => fetch(url, init),
    random: (length) => randomFillSync(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    wallet: fileWallet(file),
    deadline: (seconds) => AbortSignal.timeout(seconds * 1000),
    lock: processLock(file),
    hpke: nodeHpke(),
  };
}

/**
 * Creates a client for Node 20.19 or later. Any part of the platform may be replaced.
 *
 * @param options.walletFile - path of the wallet; its key is stored beside it
 * @throws {ClientError} `config`
 */
export function createNodeClient(
  options: Omit<ClientOptions, keyof ClientPlatform> &
    Partial<ClientPlatform> & { readonly walletFile: string },
): Client {
  const { walletFile, ...rest } = options;
  return createClient({ ...nodePlatform(walletFile), ...rest });
}
