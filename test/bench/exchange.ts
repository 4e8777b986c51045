import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeToken, tokenAuthenticatorInput } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import type { RawExchange } from '../support/raw-exchange.ts';
import { median, summary } from './measure.ts';
import { nodePlatform } from './node-platform.ts';
import type { Measured } from './row.ts';
import { startSides, type Pair, type Side, type Sides } from './sides.ts';
import { CONTENT } from './suites.ts';
import { takeTurns, wallOf, type Timed, type Turn } from './turns.ts';

const WARM = 200; // searches before the first round: until then the engine compiles what they run
const WARM_OTHERS = 50; // calls of every other kind
const WARM_BATCHES = 8; // of 30 tokens that searches use
const WARM_ISSUANCES = 120; // batches before the first round: until some 80 the cost still falls
const ROUNDS = 7; // of turns
const REFILLS = 3; // batches in a round, for its searches
const ALONE = { turns: 6, calls: 4, atOnce: 1 }; // calls one after the other
const CROWD = { turns: 4, calls: 16, atOnce: 8 };
const BATCHES = { turns: 5, calls: 1, atOnce: 1 };
const NEW_OBJECTS = { ...BATCHES, turns: 1 };

/** Microseconds of ours and of the bare exchange in each pair of turns, and of parts of ours. */
class Samples {
  readonly #rows = new Map<string, Pair[]>();
  readonly #parts = new Map<string, Map<string, number[]>>();

  /** Adds turns of both that were taken in the same moments. */
  add(row: string, what: keyof Turn, ours: readonly Turn[], bare: readonly Turn[]): void {
    const pairs = ours.map((turn, i): Pair => [turn[what], bare[i]?.[what] ?? Number.NaN]);
    this.#rows.set(row, [...(this.#rows.get(row) ?? []), ...pairs]);
  }

  addParts(row: string, parts: Readonly<Record<string, number>>): void {
    const all = this.#parts.get(row) ?? new Map<string, number[]>();
    this.#parts.set(row, all);
    for (const [part, us] of Object.entries(parts)) all.set(part, [...(all.get(part) ?? []), us]);
  }

  /** The figure of each row, with the medians of its parts. */
  figures(): [name: string, figure: Measured][] {
    return [...this.#rows].map(([row, pairs]) => {
      const parts = [...(this.#parts.get(row) ?? [])].map(([part, all]) => [part, median(all)] as const);
      return [row, { ...summary(pairs), ...(parts.length > 0 && { parts_us: Object.fromEntries(parts) }) }];
    });
  }
}

/** One private search through four live services, whole and in parts, beside a bare exchange of the same shape. */
export async function exchangeFigures(): Promise<[name: string, figure: Measured][]> {
  const sides = await startSides();
  try {
    await warmUp(sides);
    const { raw, token } = sides.ours;
    const fixed = { crypto: await cryptoOf(raw, token()), disk: await diskCommit() };
    const samples = new Samples();
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < REFILLS; i++) await sides.ours.refill();
      await measureSearch(sides, samples, round % 2 === 1, fixed);
      await measureIssuance(sides, samples, round % 2 === 1);
    }
    return [...samples.figures(), [FIRST, firstFigure(sides)]];
  } finally {
    await sides.dispose();
  }
}

/** The very first batch of new services. It happens once, so they are started for it alone. */
export async function firstBatch(): Promise<[name: string, figure: Measured]> {
  const sides = await startSides();
  try {
    return [FIRST, firstFigure(sides)];
  } finally {
    await sides.dispose();
  }
}

const FIRST = 'e2e.issue.cpu.first';
const firstFigure = ({ first }: Sides): Measured => ({ ...summary([first]), spread: null });

async function warmUp({ ours, bare }: Sides): Promise<void> {
  for (let i = 0; i < WARM_BATCHES; i++) await ours.refill();
  for (const { issue, search, refused, relayed, stickers } of [ours, bare]) {
    for (let i = 0; i < WARM_ISSUANCES; i++) await issue();
    for (let i = 0; i < WARM; i++) await search();
    for (const call of [refused, relayed, stickers]) for (let i = 0; i < WARM_OTHERS; i++) await call();
  }
  for (let i = 0; i < WARM_OTHERS; i++) await ours.nothing();
}

async function measureIssuance({ ours, bare }: Sides, samples: Samples, isReversed: boolean): Promise<void> {
  const batch = { ours: timed(ours, ours.issue), bare: timed(bare, bare.issue) };
  const withObject = { ours: timed(ours, ours.issueWithObject), bare: timed(bare, bare.issueWithObject) };
  const [old, made] = [
    await takeTurns(batch, { ...BATCHES, isReversed }),
    await takeTurns(withObject, { ...NEW_OBJECTS, isReversed }),
  ];
  samples.add('e2e.issue.cpu', 'cpu', old.ours, old.bare); // accounts that are new, and quota objects that exist
  samples.add('e2e.issue.cpu.object', 'cpu', made.ours, made.bare); // a quota object is made
  samples.addParts('e2e.issue.cpu.object', { object: of(made.ours, 'cpu') - of(old.ours, 'cpu') });
}

async function measureSearch(
  { ours, bare }: Sides,
  samples: Samples,
  isReversed: boolean,
  { crypto, disk }: { readonly crypto: number; readonly disk: number },
): Promise<void> {
  const searches = { ours: timed(ours, ours.search), bare: timed(bare, bare.search) };
  const alone = await takeTurns(
    {
      ...searches,
      relayed: timed(ours, ours.relayed),
      bareRelayed: timed(bare, bare.relayed),
      stickers: timed(ours, ours.stickers),
      bareStickers: timed(bare, bare.stickers),
      refused: timed(ours, ours.refused),
      nothing: timed(ours, ours.nothing),
    },
    { ...ALONE, isReversed },
  );
  const crowd = await takeTurns(searches, { ...CROWD, isReversed });
  samples.add('e2e.search', 'latency', alone.ours, alone.bare);
  samples.add('e2e.search.throughput', 'wall', crowd.ours, crowd.bare);
  samples.add('e2e.search.cpu', 'cpu', crowd.ours, crowd.bare); // of all four services and workerd around them
  samples.add('e2e.search.cpu.relay', 'cpu', alone.relayed, alone.bareRelayed);
  samples.add('e2e.search.cpu.search', 'cpu', alone.stickers, alone.bareStickers);
  const transport = 2 * of(alone.nothing, 'latency');
  samples.addParts('e2e.search', {
    crypto,
    storage: Math.max(0, of(alone.refused, 'latency') - crypto - transport),
    search: Math.max(0, of(alone.stickers, 'latency') - transport / 2),
    transport,
    disk, // not part of e2e.search: what a search waits longer if the ledger is on this disk
  });
}

const of = (turns: readonly Turn[], what: keyof Turn): number => median(turns.map((turn) => turn[what]));
const timed = ({ clock }: Side, run: () => Promise<unknown>): Timed => ({ clock, run });

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

/** Sealing at the client, opening and answering at the gateway, one evaluation at the issuer. */
async function cryptoOf(raw: RawExchange, token: Bytes): Promise<number> {
  const { ristretto255, random } = await nodePlatform();
  const { secretKey } = await ristretto255.generateKeyPair(random);
  const input = tokenAuthenticatorInput(decodeToken(token));
  const seal = await medianOf(() => raw.seal(raw.request(token, '', { content: CONTENT })));
  const evaluate = await medianOf(() => ristretto255.evaluate(secretKey, input));
  return 2 * seal + evaluate; // opening costs what sealing does
}
