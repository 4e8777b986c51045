import { freePorts } from '../../services/local/src/ports.ts';
import { startSuite } from '../../services/local/src/suite.ts';
import { faultProxy } from '../support/fault-proxy.ts';
import { GATEWAY_MS, type Parts } from './parts.ts';

const onlyOnNode = async (): Promise<never> => {
  throw new Error('only on Node');
};

/** The suite as four Workers in one workerd. Gateway, issuer and service are bound to each other without a network. */
export async function partsOnWorkers(): Promise<Parts> {
  const port = await freePorts();
  const proxies = {
    'client–relay': await faultProxy(port),
    'relay–gateway': await faultProxy(port + 1),
    'client–issuer': await faultProxy(port + 2),
  };
  const suite = await startSuite({
    port,
    vars: {
      relay: { GATEWAYS: JSON.stringify({ '': proxies['relay–gateway'].url }), GATEWAY_MS },
      issuer: { ISSUER_URL: proxies['client–issuer'].url },
    },
  });
  return {
    ...suite,
    urls: { ...suite.urls, relay: proxies['client–relay'].url, issuer: proxies['client–issuer'].url },
    proxies: new Map(Object.entries(proxies) as [keyof typeof proxies, (typeof proxies)['client–relay']][]),
    restart: onlyOnNode,
    signAgain: onlyOnNode,
    close: async () => {
      await suite.dispose();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    },
  };
}
