import type { Reachable } from '../support/raw-exchange.ts';
import type { Suite } from '../../services/local/src/suite.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import type { Pair } from './table.ts';

/** The relay waits for its gateway longer than the gateway waits for its issuer (5 s), so that the gateway reports. */
export const GATEWAY_MS = '6500';

/** A running suite with proxies between its parts. */
export interface Parts extends Reachable, Pick<Suite, 'secrets'> {
  readonly proxies: ReadonlyMap<Pair, FaultProxy>;
  restart(part: 'relay' | 'issuer'): Promise<void>;
  /** Takes the signatures off all bundles and signs them through the proxy, as their owner does. */
  signAgain(): Promise<void>;
  close(): Promise<void>;
}
