import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../services/local/src/ports.ts';
import { running, type Killable } from '../../support/killable.ts';
import { suiteOnNode, urlsFrom, type SuiteOnNode } from '../../support/on-node.ts';
import { RawExchange, type Envelope } from '../../support/raw-exchange.ts';
import { familyClock } from '../cpu-clock.ts';
import type { Clock } from '../measure.ts';
import { costOf } from '../turns.ts';
import { checkResponse, requests, type Target } from './connection.ts';
import { replay } from './replay.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [1, 2, 4]; // processes behind one port
const ROUNDS = 13;
const WARM = 3000; // requests of each process: with half of them the cost of four processes still fell from round to round
const REQUESTS = 300; // in a turn
const FREQUENT = { RATE_BURST: '1000000', RATE_PER_MINUTE: '1000000' }; // all requests are from one address

export type Hop = 'relay' | 'gateway';

/**
 * One envelope again and again, at a relay or a gateway with one process and with several: CPU time of these processes and wall
 * time per request. What is behind them repeats its first response, so that it does little on the cores that they share.
 */
export async function* hopTurns(hop: Hop): AsyncGenerator<Turn> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-growth-'));
  const closing: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const suite = await suiteBehindReplays(folder, closing);
    const raw = await RawExchange.of(suite, suite.urls.gateway); // so that no connection to the relay is kept meanwhile
    const [token] = await raw.issue('growth');
    const envelope = await raw.seal(raw.request(token ?? null, 'happy cat'));
    await raw.post(envelope); // is recorded
    const hops = new Map<number, Processes>();
    for (const size of SIZES) {
      const processes = await processesOf(hop, size, suite, envelope);
      closing.push(() => processes.kill());
      await checkResponse(processes);
      await requests([processes], size * WARM);
      hops.set(size, processes);
    }
    for (const size of turnsOf(SIZES, ROUNDS)) {
      const processes = hops.get(size) as Processes;
      const { cpu, wall } = await costOf(processes.clock, () => requests([processes], REQUESTS));
      yield {
        size,
        costs: { [`growth.${hop}`]: cpu / REQUESTS, [`growth.${hop}.throughput`]: wall / REQUESTS },
      };
    }
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function suiteBehindReplays(folder: string, closing: (() => unknown)[]): Promise<SuiteOnNode> {
  const port = await freePorts();
  const urls = urlsFrom(port);
  const [gateway, internal, stickers] = await Promise.all(
    [urls.gateway, urls.internal, urls.stickers].map(async (url) => {
      const repeated = await replay(url);
      closing.push(() => repeated.close());
      return repeated.url;
    }),
  );
  const through = { gateway: gateway ?? '', internal: internal ?? '', stickers: stickers ?? '' };
  const suite = await suiteOnNode(folder, { port, through, vars: { relay: FREQUENT } });
  closing.push(() => suite.close());
  return suite;
}

/** The processes of a hop behind one port, and how they are asked. */
interface Processes extends Target, Pick<Killable, 'kill'> {
  /** CPU time of all of them. */
  readonly clock: Clock;
}

async function processesOf(
  hop: Hop,
  size: number,
  suite: SuiteOnNode,
  envelope: Envelope,
): Promise<Processes> {
  const port = await freePorts(2);
  const program = path.resolve(import.meta.dirname, `../../../services/${hop}/src/node.ts`);
  const processes = await running(
    'test/bench/growth/shared-port.ts',
    { ...suite.env[hop], PORT: `${port}`, ...(hop === 'gateway' && { OPERATOR_PORT: `${port + 1}` }) },
    [],
    process.execPath,
    process.cwd(),
    [program, `${size}`],
  );
  return {
    kill: () => processes.kill(),
    clock: familyClock(processes.pid),
    ...targetOf(hop, `http://127.0.0.1:${port}`, envelope, suite.secrets),
  };
}

/** A hop that an envelope is sent to. */
export const targetOf = (
  hop: Hop,
  origin: string,
  envelope: Envelope,
  { relayToken }: { readonly relayToken: string },
): Target => ({
  url: origin + (hop === 'relay' ? '/ohttp' : '/.well-known/ohttp-gateway'),
  headers: {
    'content-type': 'message/ohttp-req',
    ...(hop === 'gateway' && { authorization: `Bearer ${relayToken}` }),
  },
  envelope,
});
