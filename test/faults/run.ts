import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClientError, type Client } from '@sotto/client';
import { freePorts } from '../../services/local/src/suite.ts';
import { clientOf } from '../support/clients.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { suiteOnNode, urlsFrom, type SuiteOnNode } from '../support/on-node.ts';
import { FAULTS, type Fault, type Pair } from './table.ts';

/** Each party waits longer than the next one, so that the party beside the fault reports it. The issuer has 5 s. */
const DEADLINES_MS = { service: 600, gateway: 6500, client: 8000 } as const;

/** A suite on Node with a fault proxy between every two parts. */
export interface FaultSuite {
  /** Runs one cell of the table and returns the outcomes during the fault and after it. */
  run(pair: Pair, fault: Fault): Promise<string>;
  close(): Promise<void>;
}

export async function faultSuite(): Promise<FaultSuite> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-faults-'));
  const port = await freePorts();
  const urls = urlsFrom(port);
  const before = (url: string): Promise<FaultProxy> => faultProxy(Number(new URL(url).port));
  const proxies: Readonly<Record<Pair, FaultProxy>> = {
    'client–relay': await before(urls.relay),
    'client–issuer': await before(urls.issuer),
    'relay–gateway': await before(urls.gateway),
    'gateway–issuer': await before(urls.internal),
    'gateway–service': await before(urls.stickers),
  };
  const suite = await suiteOnNode(folder, {
    port,
    through: {
      issuer: proxies['client–issuer'].url,
      gateway: proxies['relay–gateway'].url,
      internal: proxies['gateway–issuer'].url,
      stickers: proxies['gateway–service'].url,
    },
    row: { timeoutMs: DEADLINES_MS.service },
    vars: { relay: { GATEWAY_MS: `${DEADLINES_MS.gateway}`, RATE_BURST: '10000' } },
  });
  const clientUrls = {
    ...suite.urls,
    relay: proxies['client–relay'].url,
    issuer: proxies['client–issuer'].url,
  };
  let accounts = 0;
  return {
    run: async (pair, fault) => {
      const client = await readyClient({ ...suite, urls: clientUrls }, `account ${accounts++}`);
      const proxy = proxies[pair];
      const set = async (faults: (typeof FAULTS)[Fault] | null): Promise<void> => {
        proxy.faults = faults ?? {};
        await proxy.drop();
      };
      await set(FAULTS[fault]);
      try {
        return await (pair === 'client–issuer' ? refills(client, set) : searches(client, fault, set));
      } finally {
        await set(null);
      }
    },
    close: async () => {
      await suite.close();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A client with a bundle and a batch of tokens, so that a fault meets a search alone. */
async function readyClient(
  suite: Pick<SuiteOnNode, 'urls' | 'secrets' | 'account'>,
  account: string,
): Promise<Client> {
  const deadline = (): AbortSignal => AbortSignal.timeout(DEADLINES_MS.client);
  const client = clientOf(suite, account, { deadline, batches: 1 });
  await client.refill();
  return client;
}

const codeOf = (error: unknown): string => {
  if (error instanceof ClientError) return error.code;
  throw error;
};

async function searches(
  client: Client,
  fault: Fault,
  lift: (faults: null) => Promise<void>,
): Promise<string> {
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

async function refills(client: Client, lift: (faults: null) => Promise<void>): Promise<string> {
  const refill = (): Promise<string> => client.refill({ more: true }).then(() => 'ok', codeOf);
  const during = await refill();
  await lift(null);
  return `${during}, then ${await refill()}`;
}
