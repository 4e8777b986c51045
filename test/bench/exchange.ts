import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Bytes } from '@sotto/wire';
import { decodeToken, tokenAuthenticatorInput } from '@sotto/privacypass';
import { encodeSearch } from '../../packages/client/src/search.ts';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { RawExchange } from '../support/raw-exchange.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import { Issuance } from './issuance.ts';
import { median, plainSummary, type Clock } from './measure.ts';
import { nodePlatform } from './node-platform.ts';
import type { Measured } from './row.ts';

const WARM = 200; // searches before the first round: until then the engine compiles what they run
const WARM_OTHERS = 50; // calls of every other kind
const WARM_BATCHES = 8; // of 30 tokens that searches use
const WARM_ISSUANCES = 120; // batches before the first round: until some 80 the cost still falls
const ROUNDS = 7;
const CALLS = 24; // of each kind in a round
const FEW = 4; // of these calls, one after the other
const REFILLS = 2; // batches in a round, for its searches
const BATCHES = 5; // in a round, measured
const AT_ONCE = 8;

const CONTENT = encodeSearch('happy cat', { locale: 'en' }); // what our client sends
const CONNECTIONS = new Agent({ keepAlive: true });

/** One private search through four live services, whole and in parts; microseconds. */
export async function exchangeFigures(): Promise<[name: string, figure: Measured][]> {
  const suite = await inMemory(() => startSuite());
  try {
    const raw = await RawExchange.of(suite);
    const clock = clockOf(childNamed('workerd'));
    const issuance = await Issuance.of(suite, raw, clock);
    const tokens: Bytes[] = [];
    const refill = async (): Promise<void> => void tokens.push(...(await issuance.tokens()));
    const search = async (): Promise<void> => {
      const { inner, code } = await raw.search(tokens.pop() as Bytes, '', { content: CONTENT });
      if (inner?.status !== 200) throw new Error(`a search failed: ${code}`);
    };

    const first = await issuance.costWithObject(); // the issuer loads its keys, and nothing is compiled
    for (let i = 0; i < WARM_BATCHES; i++) await refill();
    for (let i = 0; i < WARM_ISSUANCES; i++) await issuance.cost();
    for (let i = 0; i < WARM; i++) await search();
    const spent = await raw.seal(raw.request(tokens.pop() as Bytes, 'spent'));
    const others = {
      refused: () => raw.post(spent), // at the ledger: all but the search and the making of its response
      direct: () => pastRelay(suite, spent.bytes), // the same without a relay
      stickers: () => searchAt(suite),
      nothing: () => health(suite.urls.relay),
    };
    for (const call of Object.values(others)) for (let i = 0; i < WARM_OTHERS; i++) await call();
    const crypto = await cryptoOf(raw, tokens.pop() as Bytes);
    const disk = await diskCommit();

    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < REFILLS; i++) await refill();
      const batches: number[] = [];
      for (let i = 0; i < BATCHES; i++) batches.push(await issuance.cost());
      const issued = median(batches);
      const firstOfObject = await issuance.costWithObject();
      const each = await perCall({ search, ...others }, clock, round % 2 === 1);
      const { refused, direct, stickers, nothing } = each;
      const { cpu, wall } = await together(search, clock);
      rounds.push({
        'e2e.search': each.search.wall,
        'e2e.search.crypto': crypto,
        'e2e.search.storage': Math.max(0, refused.wall - crypto - 2 * nothing.wall),
        'e2e.search.disk': disk, // not part of e2e.search: what a search waits longer if the ledger is on this disk
        'e2e.search.search': Math.max(0, stickers.wall - nothing.wall),
        'e2e.search.transport': 2 * nothing.wall,
        'e2e.search.throughput': wall,
        'e2e.search.cpu': cpu, // of all four services and workerd around them
        'e2e.search.cpu.relay': refused.cpu - direct.cpu,
        'e2e.search.cpu.search': stickers.cpu,
        'e2e.issue.cpu': issued, // of accounts that are new, and of quota objects that exist
        'e2e.issue.cpu.object': firstOfObject - issued, // what the first batch of a quota object costs more
      });
    }
    const names = Object.keys(rounds[0] ?? {});
    return [
      ...names.map((name): [string, Measured] => [
        name,
        plainSummary(rounds.map((round) => round[name] ?? 0)),
      ]),
      ['e2e.issue.cpu.first', plainSummary([first])],
    ];
  } finally {
    await suite.dispose();
  }
}

const MEMORY = '/dev/shm'; // Linux

/**
 * Starts a suite whose objects keep their files in memory, where the system has such a folder: how long a disk takes to
 * write is a fact of the machine and not of the services, and differs by milliseconds from one run to the next.
 */
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

/** A commit of two pages to the disk of this machine. */
async function diskCommit(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sotto-bench-'));
  const file = await open(path.join(folder, 'log'), 'w');
  try {
    return await medianOf(async () => {
      await file.write(new Uint8Array(2 * 4096));
      await file.datasync();
    });
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
}

async function medianOf(run: () => unknown): Promise<number> {
  const each = [];
  for (let i = 0; i < WARM_OTHERS; i++) each.push(await wallOf(async () => run()));
  return median(each);
}

/**
 * Calls of each kind, a few of one kind after a few of another, so that a busy moment is not in one kind only: the median
 * time of a call, and its CPU time, which is the median of those few.
 */
async function perCall<Name extends string>(
  calls: Readonly<Record<Name, () => Promise<unknown>>>,
  clock: Clock,
  isReversed: boolean,
): Promise<Record<Name, { readonly wall: number; readonly cpu: number }>> {
  const names = Object.keys(calls) as Name[];
  const walls = new Map(names.map((name): [Name, number[]] => [name, []]));
  const cpus = new Map(names.map((name): [Name, number[]] => [name, []]));
  for (let few = 0; few < CALLS / FEW; few++) {
    for (const name of isReversed ? names.toReversed() : names) {
      const began = clock();
      for (let i = 0; i < FEW; i++) walls.get(name)?.push(await wallOf(calls[name]));
      cpus.get(name)?.push((clock() - began) / FEW);
    }
  }
  const all = {} as Record<Name, { wall: number; cpu: number }>;
  for (const name of names) {
    all[name] = { wall: median(walls.get(name) ?? []), cpu: median(cpus.get(name) ?? []) };
  }
  return all;
}

/** As many searches, some of them at the same time: CPU time and time of one. */
async function together(
  search: () => Promise<unknown>,
  clock: Clock,
): Promise<{ readonly cpu: number; readonly wall: number }> {
  let left = CALLS;
  const work = async (): Promise<void> => {
    while (left-- > 0) await search();
  };
  const began = clock();
  const wall = await wallOf(() => Promise.all(Array.from({ length: AT_ONCE }, work)));
  return { cpu: (clock() - began) / CALLS, wall: wall / CALLS };
}

async function wallOf(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) * 1000;
}

const read = (sent: Promise<Response>): Promise<unknown> => sent.then((response) => response.arrayBuffer());
const health = (origin: string): Promise<unknown> => read(fetch(`${origin}/health`));

function searchAt({ urls }: Suite): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return read(fetch(`${urls.stickers}/v1/search`, { method: 'POST', headers, body: CONTENT }));
}

/** To the gateway as the relay would, with no field more, or it is refused: what a relay costs is the difference. */
async function pastRelay({ urls, secrets }: Suite, envelope: Bytes): Promise<void> {
  const headers = {
    authorization: `Bearer ${secrets.relayToken}`,
    'content-type': 'message/ohttp-req',
    'content-length': envelope.length,
  };
  const url = `${urls.gateway}/.well-known/ohttp-gateway`;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent: CONNECTIONS }, resolve);
    sent.once('error', reject).end(envelope);
  });
  await buffer(response);
  if (response.statusCode !== 200) throw new Error(`the gateway refused an envelope: ${response.statusCode}`);
}

/** Sealing at the client, opening and answering at the gateway, one evaluation at the issuer. */
async function cryptoOf(raw: RawExchange, token: Bytes): Promise<number> {
  const { ristretto255, random } = await nodePlatform();
  const { secretKey } = await ristretto255.generateKeyPair(random);
  const input = tokenAuthenticatorInput(decodeToken(token));
  const seal = await medianOf(() => raw.seal(raw.request(token, '', { content: CONTENT })));
  const evaluate = await medianOf(() => ristretto255.evaluate(secretKey, input));
  return 2 * seal + evaluate; // opening costs what sealing does
}
