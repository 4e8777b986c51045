import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { attesterConfig } from '../../services/local/src/account.ts';
import type { Secrets } from '../../services/local/src/secrets.ts';
import { signBundles } from '../../services/local/src/signer.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { faultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { suiteOnNode, urlsFrom } from '../support/on-node.ts';
import { GATEWAY_MS, type Parts } from './parts.ts';

const SERVICE_MS = 600; // that the gateway waits for the service
const SIGNING_MS = 5000;

/** The suite as four processes over SQLite, with an attester that has an address. */
export async function partsOnNode(folder: string): Promise<Parts> {
  const port = await freePorts();
  const urls = urlsFrom(port);
  const attester = await attesterServer();
  const before = (url: string): Promise<FaultProxy> => faultProxy(Number(new URL(url).port));
  const toGateway = await before(urls.gateway);
  const proxies = {
    'client–relay': await before(urls.relay),
    'client–issuer': await before(urls.issuer),
    'relay–gateway': toGateway,
    'relay–gateway bundle': toGateway,
    'gateway–issuer': await before(urls.internal),
    'gateway–service': await before(urls.stickers),
    'issuer–attester': await before(attester.url),
    'signer–gateway': await before(urls.gatewayOperator),
  } as const;
  const suite = await suiteOnNode(folder, {
    port,
    through: {
      issuer: proxies['client–issuer'].url,
      gateway: toGateway.url,
      internal: proxies['gateway–issuer'].url,
      stickers: proxies['gateway–service'].url,
    },
    row: { timeoutMs: SERVICE_MS },
    vars: {
      relay: { GATEWAY_MS, RATE_BURST: '10000' },
      issuer: { ATTESTERS: JSON.stringify([attester.config(proxies['issuer–attester'].url)]) },
    },
  });
  attester.serve(suite.secrets.attester);
  return {
    ...suite,
    urls: { ...suite.urls, relay: proxies['client–relay'].url, issuer: proxies['client–issuer'].url },
    proxies: new Map(Object.entries(proxies) as [keyof typeof proxies, FaultProxy][]),
    signAgain: async () => {
      const database = new DatabaseSync(path.join(folder, 'gateway.sqlite'));
      database.exec('update bundles set signature = null');
      const signed = signBundles(proxies['signer–gateway'].url, suite.secrets);
      const late = new Promise((_, reject) => setTimeout(reject, SIGNING_MS, new Error('late')).unref());
      await Promise.race([signed, late]).finally(() => database.close());
    },
    close: async () => {
      await suite.close();
      await Promise.all([...new Set(Object.values(proxies))].map((proxy) => proxy.close()));
      attester.close();
    },
  };
}

/** The address where the issuer fetches the attester's keys. */
async function attesterServer() {
  let keys: unknown[] = [];
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    config: (through: string) => {
      const { jwks: _keys, ...claims } = attesterConfig({});
      return { ...claims, jwksUrl: `${through}/jwks` };
    },
    serve: ({ d: _secret, ...publicKey }: Secrets['attester']) => {
      keys = [publicKey];
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
