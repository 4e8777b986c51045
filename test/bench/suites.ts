import { existsSync } from 'node:fs';
import { AMORTIZED_RESPONSE, type PendingTokens } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import { encodeSearch } from '../../packages/client/src/search.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { makeSecrets } from '../../services/local/src/secrets.ts';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { constantGateway, type ConstantGateway } from './bare/constant-gateway.ts';
import { OHTTP } from './bare/layout.ts';
import { fetched, type Seen } from './bare/seen.ts';
import { startBare, type BareSuite } from './bare/suite.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import type { Clock } from './measure.ts';

const MEMORY = '/dev/shm'; // Linux

/** The path at which both relays have a gateway that answers at once. */
export const CONSTANT = '/constant';
/** What our client sends. */
export const CONTENT = encodeSearch('happy cat', { locale: 'en' });

/** Our services and the bare ones, each in a workerd of its own, with the CPU time of each. */
export interface Suites {
  readonly ours: { readonly suite: Suite; readonly clock: Clock };
  readonly bare: { readonly suite: BareSuite; readonly clock: Clock };
  readonly constant: ConstantGateway;
  readonly dispose: () => Promise<void>;
}

export type Urls = Readonly<Record<'relay' | 'gateway' | 'issuer' | 'stickers', string>>;

/**
 * Starts both suites with their files in memory: how long a disk takes to write is a fact of the machine and not of the
 * services, and differs by milliseconds from one run to the next.
 */
export async function startSuites(): Promise<Suites> {
  const stops: (() => unknown)[] = [];
  const dispose = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    const constant = await constantGateway();
    stops.push(() => constant.close());
    const suite = await inMemory(() => startOurs(constant));
    stops.push(() => suite.dispose());
    const pid = childNamed('workerd');
    const page = await searchAt(suite.urls);
    const bareSuite = await inMemory(() => startBeside(suite, constant, page));
    stops.push(() => bareSuite.dispose());
    return {
      ours: { suite, clock: clockOf(pid) },
      bare: { suite: bareSuite, clock: clockOf(childNamed('workerd', pid)) },
      constant,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Our services. Their relay has one more gateway. */
async function startOurs({ origin }: ConstantGateway): Promise<Suite> {
  const [secrets, port] = [await makeSecrets(), await freePorts()];
  const gateways = { '': `http://127.0.0.1:${port + 1}`, [CONSTANT]: origin };
  const tokens = { '': secrets.relayToken, [CONSTANT]: secrets.relayToken };
  const relay = { GATEWAYS: JSON.stringify(gateways), RELAY_TOKENS: JSON.stringify(tokens) };
  return startSuite({ port, secrets, vars: { relay } });
}

function startBeside({ secrets }: Suite, { origin }: ConstantGateway, page: Seen): Promise<BareSuite> {
  const { d: _secret, ...attester } = secrets.attester;
  return startBare({
    page: { type: page.headers.get('content-type') ?? '', length: page.body.length },
    issuance: AMORTIZED_RESPONSE,
    attester,
    relayToken: secrets.relayToken,
    gateways: { [CONSTANT]: origin },
  });
}

export async function inMemory<T>(start: () => Promise<T>): Promise<T> {
  const before = process.env['TMPDIR'];
  if (existsSync(MEMORY)) process.env['TMPDIR'] = MEMORY;
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

/** Posts an envelope to a relay, or to one of its base paths. */
export function passedBy(relay: string, body: Bytes): Promise<Seen> {
  const headers = { 'content-type': OHTTP.request };
  return fetched(`${relay}/ohttp`, { method: 'POST', headers, body });
}

export function searchAt({ stickers }: Pick<Urls, 'stickers'>): Promise<Seen> {
  const headers = { 'content-type': 'application/json' };
  return fetched(`${stickers}/v1/search`, { method: 'POST', headers, body: CONTENT });
}

export function issuedBy({ issuer }: Urls, account: string, batch: PendingTokens): Promise<Seen> {
  const headers = { authorization: `Bearer ${account}`, 'content-type': batch.contentType };
  return fetched(`${issuer}/token-request`, { method: 'POST', headers, body: batch.request });
}
