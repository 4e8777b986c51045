import { withDeadline } from '@sotto/http';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { sendOnce } from '@sotto/http/node';
import { InnerError } from '../problem.ts';
import type { Fetch } from '../service/fetch-service.ts';
import type { Permits } from './addresses.ts';

export interface Address {
  readonly address: string;
  readonly family: number; // 4 or 6
}

/** All addresses of a name; rejects when there is none. */
export type Resolve = (name: string) => Promise<readonly Address[]>;

const IDLE_MS = 4000; // less than the 5 s after which many servers close an idle connection

/**
 * A `fetch` that resolves names itself: it looks the name up once, requires every address to be permitted,
 * and connects to one of these addresses. So a name that resolves to another address a moment later has no
 * effect. Host, SNI and the certificate check use the name.
 *
 * @param tls - `ca`: the accepted certificate authorities, in PEM; default: those of Node
 * @param keepAlive - whether connections are kept for later requests
 */
export function guardedFetch(
  resolve: Resolve,
  permits: Permits,
  tls: { readonly ca?: string } = {},
  keepAlive = true,
): Fetch {
  const agents = connections(tls, keepAlive);
  const lookUp = shared(resolve);
  return async (url, init) => {
    const { hostname, protocol } = new URL(url);
    const found = addressesOf(hostname.replace(/^\[|\]$/g, ''), lookUp);
    const addresses = await (init.signal ? withDeadline(init.signal, found) : found);
    if (!addresses.every(({ address }) => permits(address))) throw new InnerError('forbidden');
    const agent = agents(addresses, protocol === 'https:');
    return sendOnce(url, init, { agent, lookup: toldOnly(addresses) });
  };
}

/** Look-ups of one name share one query while it is in progress, so that slow ones occupy few of the system's threads. */
function shared(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>();
  return (name) => {
    const earlier = underWay.get(name);
    if (earlier !== undefined) return earlier;
    const asked = resolve(name).finally(() => underWay.delete(name));
    underWay.set(name, asked);
    return asked;
  };
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly Address[]> {
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (addresses.length === 0) throw new InnerError('bad-gateway');
  return addresses;
}

/**
 * Kept connections lead to addresses of the last look-up. When these change, the connections are not used any
 * more.
 */
function connections(
  tls: { readonly ca?: string },
  keepAlive: boolean,
): (addresses: readonly Address[], secure: boolean) => http.Agent {
  let known = '';
  let kept: { readonly plain: http.Agent; readonly secure: https.Agent } | undefined;
  return (addresses, secure) => {
    const now = addresses
      .map(({ address }) => address)
      .toSorted()
      .join(' ');
    if (kept === undefined || now !== known) {
      const options = { keepAlive, timeout: IDLE_MS };
      kept = { plain: new http.Agent(options), secure: new https.Agent({ ...options, ...tls }) };
      known = now;
    }
    return secure ? kept.secure : kept.plain;
  };
}

/** A look-up that returns these addresses, whatever the name resolves to by now. */
function toldOnly(addresses: readonly Address[]): LookupFunction {
  return (_name, { all }, told) => {
    const [first] = addresses;
    if (all === true) told(null, [...addresses]);
    else told(null, first?.address ?? '', first?.family ?? 0);
  };
}
