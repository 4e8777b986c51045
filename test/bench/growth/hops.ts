import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeResponse } from '@sotto/bhttp';
import { freePorts } from '../../../services/local/src/ports.ts';
import { running, type Killable } from '../../support/killable.ts';
import { suiteOnNode, urlsFrom, type SuiteOnNode } from '../../support/on-node.ts';
import { RawExchange, type Envelope } from '../../support/raw-exchange.ts';
import { ask } from '../ask.ts';
import { familyClock } from '../cpu-clock.ts';
import type { Clock } from '../measure.ts';
import { costOf } from '../turns.ts';
import { LoadConnection } from './connection.ts';
import { replay } from './replay.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [1, 2, 4]; // processes behind one port
const ROUNDS = 9;
const WARM = 1500; // requests of each process, until its code is optimized
const REQUESTS = 400; // in a turn
const AT_ONCE = 16; // connections, each with one request
const FREQUENT = { RATE_BURST: '1000000', RATE_PER_MINUTE: '1000000' }; // all requests are from one address

type Hop = 'relay' | 'gateway';

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
      const processes = await processesOf(hop, size, suite);
      closing.push(() => processes.kill());
      await checkResponse(processes, envelope);
      await requests(processes, envelope, size * WARM);
      hops.set(size, processes);
    }
    for (const size of turnsOf(SIZES, ROUNDS)) {
      const processes = hops.get(size) as Processes;
      const { cpu, wall } = await costOf(processes.clock, () => requests(processes, envelope, REQUESTS));
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
interface Processes extends Pick<Killable, 'kill'> {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** CPU time of all of them. */
  readonly clock: Clock;
}

async function processesOf(hop: Hop, size: number, suite: SuiteOnNode): Promise<Processes> {
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
    url: `http://127.0.0.1:${port}${hop === 'relay' ? '/ohttp' : '/.well-known/ohttp-gateway'}`,
    headers: {
      'content-type': 'message/ohttp-req',
      ...(hop === 'gateway' && { authorization: `Bearer ${suite.secrets.relayToken}` }),
    },
  };
}

async function checkResponse({ url, headers }: Processes, { bytes, open }: Envelope): Promise<void> {
  const { message, body } = await ask(url, 'POST', { ...headers, 'content-length': bytes.length }, bytes);
  if (message.statusCode !== 200)
    throw new Error(`${url}: ${message.statusCode} ${new TextDecoder().decode(body)}`);
  const inner = decodeResponse(await open(body));
  if (inner.status !== 200) throw new Error(`${url}: a search got ${inner.status}`);
}

/** So many requests over new connections, one at a time over each. */
async function requests({ url, headers }: Processes, { bytes }: Envelope, count: number): Promise<void> {
  const connections = Array.from({ length: AT_ONCE }, () => new LoadConnection(url, headers, bytes));
  let left = count;
  const work = async (connection: LoadConnection): Promise<void> => {
    while (left-- > 0) await connection.send();
  };
  await Promise.all(connections.map(work)).finally(() => {
    for (const connection of connections) connection.close();
  });
}
