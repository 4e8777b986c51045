import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError, type Client, type ClientOptions } from '@sotto/client';
import { clientOf } from '../support/clients.ts';
import type { FaultProxy, Faults } from '../support/fault-proxy.ts';
import { partsOnNode } from './on-node.ts';
import { partsOnWorkers } from './on-workers.ts';
import type { Parts } from './parts.ts';
import { FAULTS, type Fault, type Pair, type Platform } from './table.ts';

/** A suite with a fault proxy between every two parts that have a network between them. */
export interface FaultSuite {
  /** Runs one cell of the table and returns the outcomes during the fault and after it. */
  run(pair: Pair, fault: Fault): Promise<string>;
  close(): Promise<void>;
}

/** Sets the faults of a proxy, and closes its connections. Null lifts them. */
type SetFaults = (faults: Faults | null) => Promise<void>;

const CLIENT_MS = 8000; // longer than the relay waits, so that the party beside the fault reports it
const BUNDLE_MS = 20_000; // the relay fetches a bundle that it never had every ten seconds

export async function faultSuite(platform: Platform): Promise<FaultSuite> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-faults-'));
  const parts = await (platform === 'node' ? partsOnNode(folder) : partsOnWorkers());
  let accounts = 0;
  return {
    run: async (pair, fault) => {
      const proxy = parts.proxies.get(pair);
      if (proxy === undefined) throw new Error(`there is no network between ${pair} on ${platform}`);
      const set: SetFaults = async (faults) => {
        proxy.faults = faults ?? {};
        await proxy.drop();
      };
      try {
        return await runCell(parts, pair, fault, { set, proxy, account: `account ${accounts++}` });
      } finally {
        await set(null);
      }
    },
    close: async () => {
      await parts.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Cell {
  readonly set: SetFaults;
  readonly proxy: FaultProxy;
  readonly account: string;
}

async function runCell(parts: Parts, pair: Pair, fault: Fault, cell: Cell): Promise<string> {
  const { set, account } = cell;
  const begin = (): Promise<void> => set(FAULTS[fault]);
  if (pair === 'signer–gateway') return signings(parts, begin, set);
  if (pair === 'issuer–attester') {
    const client = newClient(parts, account, {});
    await begin();
    await parts.restart('issuer'); // it has no keys of the attester now
    return refills(client, set);
  }
  if (pair === 'relay–gateway bundle') {
    await begin();
    await parts.restart('relay'); // it has no bundle now
    const lift = async (): Promise<void> => {
      await set(null);
      await untilBundle(parts.urls.relay);
    };
    return refills(newClient(parts, account, {}), lift);
  }
  // A bundle and a batch of tokens, so that the fault only affects a search.
  const client = newClient(parts, account, { batches: 1 });
  await client.refill();
  await begin();
  return pair === 'client–issuer' ? refills(client, set) : searches(client, fault, set);
}

function newClient(parts: Parts, account: string, more: Partial<ClientOptions>): Client {
  const deadline = (): AbortSignal => AbortSignal.timeout(CLIENT_MS);
  return clientOf(parts, account, { deadline, ...more });
}

const codeOf = (error: unknown): string => {
  if (error instanceof ClientError) return error.code;
  throw error;
};

async function searches(client: Client, fault: Fault, lift: SetFaults): Promise<string> {
  const search = (query: string): Promise<unknown> => client.search(query, { limit: 1 });
  const other = fault === 'reorders' ? search('dog').then(() => 'ok', codeOf) : null;
  const first = await search('cat').then(
    () => null,
    (error: unknown) => error,
  );
  const during = first === null ? 'ok' : codeOf(first);
  const both = other === null ? during : [...new Set([during, await other])].join(' and ');
  await lift(null);
  const attempt = first instanceof ClientError ? first.attempt : null;
  const again = attempt === null ? search('cat') : client.retrySearch(attempt);
  return `${both}, then ${await again.then(() => 'ok', codeOf)}`;
}

async function refills(client: Client, lift: SetFaults): Promise<string> {
  const refill = (): Promise<string> => client.refill({ more: true }).then(() => 'ok', codeOf);
  const during = await refill();
  await lift(null);
  return `${during}, then ${await refill()}`;
}

async function signings(parts: Parts, begin: () => Promise<void>, lift: SetFaults): Promise<string> {
  const sign = (): Promise<string> =>
    parts.signAgain().then(
      () => 'ok',
      () => 'failed',
    );
  await begin();
  const during = await sign();
  await lift(null);
  return `${during}, then ${await sign()}`;
}

async function untilBundle(relay: string): Promise<void> {
  const began = performance.now();
  while ((await fetch(`${relay}/bundle`)).status !== 200) {
    if (performance.now() - began > BUNDLE_MS) throw new Error('the relay has no bundle');
    await sleep(200);
  }
}
