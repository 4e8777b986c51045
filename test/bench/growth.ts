import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { groupCommit } from '@sotto/service/sqlite';
import { openFile } from '@sotto/service/sqlite/file';
import { encodeLanguage, KEYWORD, NAME, type Entry, type StickersFile } from '@sotto/sticker-search/format';
import { createSearch } from '@sotto/sticker-search';
import { ISSUER_FILE, sqliteSpentTokens } from '../../services/issuer/src/node/ports.ts';
import { startSuite } from '../../services/local/src/suite.ts';
import { spendsOverPostgres } from '../soak/stores.ts';
import { NO_POSTGRES } from '../support/postgres.ts';
import { RawExchange } from '../support/raw-exchange.ts';
import { seeded } from '../support/seeded.ts';
import { childNamed, clockOf, ownClock } from './cpu-clock.ts';

const LEDGERS = [1e4, 1e5, 1e6, 1e7]; // rows
const CATALOGUES = [2000, 20_000, 200_000]; // stickers
const AT_ONCE = [10, 100, 1000]; // searches
const PROCESSES = [1, 2]; // over one PostgreSQL
const PROCESS_SECONDS = 4;
const ISOLATES = [1, 2]; // of the search
const WARM_SEARCHES = 20_000;
const ISOLATE_SEARCHES = 20_000; // in each isolate
const SPENDS = 2000;
const QUERIES = 300;
const WORDS = 6000; // of the vocabulary; their frequencies follow their ranks

/** The cost of one operation at one size; microseconds. */
export interface GrowthFigure {
  readonly name: string;
  readonly runtime: 'node' | 'workerd';
  readonly size: number;
  readonly microseconds: number;
}

/** The cost of one operation with growing ledgers, catalogues, concurrency and numbers of processes and isolates. */
export async function* growthFigures(wanted: (name: string) => boolean): AsyncGenerator<GrowthFigure> {
  const parts = {
    'growth.ledger': ledgers,
    'growth.processes': processes,
    'growth.isolates': isolates,
    'growth.catalogue': catalogues,
    'growth.concurrent': crowds,
  };
  for (const [name, figures] of Object.entries(parts)) if (wanted(name)) yield* figures();
}

async function* catalogues(): AsyncGenerator<GrowthFigure> {
  for (const size of CATALOGUES) {
    yield { name: 'growth.catalogue', runtime: 'node', size, microseconds: catalogue(size) };
  }
}

async function* crowds(): AsyncGenerator<GrowthFigure> {
  for (const size of AT_ONCE) {
    const { cpu, clock } = await crowd(size);
    yield { name: 'growth.concurrent', runtime: 'workerd', size, microseconds: cpu };
    yield { name: 'growth.concurrent.throughput', runtime: 'workerd', size, microseconds: clock };
  }
}

/** Spending a token in a file with this many rows: CPU time of this process, in group commits of 50. */
async function* ledgers(): AsyncGenerator<GrowthFigure> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-growth-'));
  const file = path.join(folder, 'issuer.sqlite');
  const database = openFile(file, ISSUER_FILE);
  const filling = new DatabaseSync(file);
  try {
    const keyId = new Uint8Array(randomBytes(32));
    const ledger = keyId.subarray(0, 6).reduce((n, byte) => n * 256 + byte, 0);
    const spent = sqliteSpentTokens(groupCommit(database, sleep), () => 0);
    const bytes = (length: number) => new Uint8Array(randomBytes(length));
    let rows = 0;
    for (const size of LEDGERS) {
      filling.exec(
        `insert into spent_tokens (ledger, id, tag, envelope_1)
         with recursive n(i) as (select 1 union all select i + 1 from n where i < ${size - rows})
         select ${ledger}, randomblob(32), randomblob(32), randomblob(40) from n order by 2`,
      );
      const began = ownClock();
      for (let i = 0; i < SPENDS; i += 50) {
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, () =>
            spent.spend({ keyId, end: 1e9 } as never, {
              id: bytes(32),
              tag: bytes(32),
              envelope: bytes(32),
              call: bytes(8),
              idempotent: true,
            }),
          ),
        );
        if (outcomes.some((outcome) => outcome !== 'first')) throw new Error('a new token was not accepted');
      }
      rows = size + SPENDS;
      yield { name: 'growth.ledger', runtime: 'node', size, microseconds: (ownClock() - began) / SPENDS };
    }
  } finally {
    filling.close();
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Spending a token with one process and with several over one PostgreSQL: CPU time and wall time per token.
 */
async function* processes(): AsyncGenerator<GrowthFigure> {
  if (NO_POSTGRES !== null) return;
  for await (const spent of spendsOverPostgres(PROCESSES, PROCESS_SECONDS)) {
    if (spent.failed > 0) throw new Error(`${spent.failed} spends of ${spent.processes} processes failed`);
    const of = { runtime: 'node', size: spent.processes } as const;
    yield { name: 'growth.processes', ...of, microseconds: spent.cpuMsPerSpend * 1000 };
    yield { name: 'growth.processes.throughput', ...of, microseconds: 1e6 / spent.perSecond };
  }
}

/** The same searches in each of several isolates of one process at once: CPU time and wall time per search. */
async function* isolates(): AsyncGenerator<GrowthFigure> {
  for (const size of ISOLATES) {
    const { cpu, clock } = await searchesIn(size);
    yield { name: 'growth.isolates', runtime: 'node', size, microseconds: cpu };
    yield { name: 'growth.isolates.throughput', runtime: 'node', size, microseconds: clock };
  }
}

async function searchesIn(size: number): Promise<{ cpu: number; clock: number }> {
  const file = path.join(import.meta.dirname, 'search-thread.ts');
  const threads = Array.from(
    { length: size },
    () => new Worker(file, { workerData: { warm: WARM_SEARCHES } }),
  );
  const ready = (): Promise<unknown> => Promise.all(threads.map((thread) => once(thread, 'message')));
  try {
    await ready();
    const [cpuBegan, began] = [ownClock(), performance.now()];
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origins
    for (const thread of threads) thread.postMessage(ISOLATE_SEARCHES);
    await ready();
    const searches = size * ISOLATE_SEARCHES;
    return {
      cpu: (ownClock() - cpuBegan) / searches,
      clock: ((performance.now() - began) * 1000) / searches,
    };
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/**
 * A query of two words, the second a prefix, in a catalogue of this many stickers: CPU time of this process.
 */
function catalogue(size: number): number {
  const random = seeded(size);
  const word = (): string => {
    let rank = Math.floor(WORDS ** random()); // frequencies follow Zipf's law
    let text = '';
    for (rank += 40; rank > 0; rank = Math.floor(rank / 20))
      text += 'bcdfghklmnprstvwxzaeiou'.charAt(rank % 20) + 'aeiou'.charAt(rank % 5);
    return text;
  };
  const entries: Entry[] = [];
  for (let sticker = 0; sticker < size; sticker++) {
    entries.push({ sticker, phrase: `${word()} ${word()}`, kind: NAME });
    for (let i = 0; i < 4; i++) entries.push({ sticker, phrase: word(), kind: KEYWORD });
  }
  const file: StickersFile = {
    format: 2,
    packs: [{ id: 'core', name: '', licence: '', attribution: '' }],
    types: ['image/webp'],
    stickers: Array.from({ length: size }, (_, i) => [`s${i}`, '', 0, i % 256, 0, 0, 0]),
    emoticons: {},
  };
  const search = createSearch({
    stickers: new TextEncoder().encode(JSON.stringify(file)),
    indexes: { en: encodeLanguage({ tag: 'en', stickers: size, entries, variants: new Map() }) },
  });
  const queries = Array.from({ length: QUERIES }, () => `${word()} ${word().slice(0, 3)}`);
  search.search('warm up', { locale: 'en', limit: 24 });
  const began = ownClock();
  for (const query of queries) search.search(query, { locale: 'en', limit: 24 });
  return (ownClock() - began) / QUERIES;
}

/**
 * This many concurrent private searches through four live services: CPU time of workerd and wall time per
 * search.
 */
async function crowd(size: number): Promise<{ cpu: number; clock: number }> {
  const suite = await startSuite();
  try {
    const raw = await RawExchange.of(suite);
    const clock = clockOf(childNamed('workerd'));
    const tokens = [];
    for (let i = 0; tokens.length < size + 10; i++) tokens.push(...(await raw.issue(`growth ${i}`)));
    for (const token of tokens.splice(0, 10)) await raw.search(token, 'warm');
    const envelopes = await Promise.all(
      tokens.slice(0, size).map((token) => raw.seal(raw.request(token, 'happy cat'))),
    );
    const [cpuBegan, began] = [clock(), performance.now()];
    const responses = await Promise.all(envelopes.map((envelope) => raw.post(envelope)));
    const failed = responses.filter(({ status }) => status !== 200).length;
    if (failed > 0) throw new Error(`${failed} of ${size} searches failed`);
    return { cpu: (clock() - cpuBegan) / size, clock: ((performance.now() - began) * 1000) / size };
  } finally {
    await suite.dispose();
  }
}
