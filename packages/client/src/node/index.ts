import { randomFillSync } from 'node:crypto';
import { nodeHpke } from '@sotto/ohttp/node';
import { ristretto255Voprf } from '@sotto/voprf/ristretto255';
import { createClient, type Client } from '../client.ts';
import { NotSentError, type ClientOptions, type ClientPlatform, type Fetch, type Lock } from '../platform.ts';
import { streamedUpload } from '../upload.ts';
import { withFileLock } from './file-lock.ts';
import { fileWallet } from './file-wallet.ts';

export * from '../index.ts';
export { fileWallet, streamedUpload };

const REFILL_WAIT_MS = 120_000; // for another process to finish its refill

/** Failures of a connection that was never made. */
const NOT_CONNECTED = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A lock among processes, by files beside the wallet's. */
const processLock =
  (file: string): Lock =>
  (name, task) =>
    withFileLock(`${file}.${name.replaceAll(/[^a-z0-9]+/gi, '-')}.lock`, REFILL_WAIT_MS, task);

/** A fetch of Node's kind that rejects with a NotSentError if there was no connection. */
export const detectNotSent =
  (send: Fetch): Fetch =>
  async (url, init) => {
    try {
      return await send(url, init);
    } catch (error) {
      throw isNotConnected((error as Error).cause)
        ? new NotSentError('no connection', { cause: error })
        : error;
    }
  };

const nodeFetch = detectNotSent((url, init) => fetch(url, init));

/** A host with several addresses fails with one error for each of them. */
function isNotConnected(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isNotConnected);
  return NOT_CONNECTED.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/**
 * Node's clock, randomness, network, files and locks.
 *
 * @param file - of the wallet; its folder is created if it is missing
 */
export function nodePlatform(file: string): ClientPlatform & { readonly lock: Lock } {
  return {
    fetch: nodeFetch,
    upload: streamedUpload,
    random: (length) => randomFillSync(new Uint8Array(length)),
    now: () => Math.floor(Date.now() / 1000),
    wallet: fileWallet(file),
    lock: processLock(file),
    hpke: nodeHpke(),
    voprf: ristretto255Voprf(crypto.subtle),
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
