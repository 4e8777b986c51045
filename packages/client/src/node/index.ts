import { randomFillSync } from 'node:crypto';
import { nodeHpke } from '@sotto/ohttp/node';
import { createClient, type Client } from '../client.ts';
import type { ClientOptions, Lock, Platform } from '../platform.ts';
import { withFileLock } from './file-lock.ts';
import { fileWallet } from './file-wallet.ts';

export * from '../index.ts';
export { fileWallet };

const DRAWING = 120_000; // milliseconds to wait for another process to draw tokens

/** A lock among processes, in files beside the wallet's. */
const processLock =
  (file: string): Lock =>
  (name, task) =>
    withFileLock(`${file}.${name.replaceAll(/[^a-z0-9]+/gi, '-')}.lock`, DRAWING, task);

/**
 * Node's clock, chance, network and files.
 *
 * @param file - the wallet's; its folder is made when it is missing
 */
export function nodePlatform(file: string): Platform {
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

/** A client for Node 20 or later; any part of the platform may be given in place of Node's. */
export function createNodeClient(
  options: Omit<ClientOptions, keyof Platform> & Partial<Platform> & { readonly walletFile: string },
): Client {
  const { walletFile, ...rest } = options;
  return createClient({ ...nodePlatform(walletFile), ...rest });
}
