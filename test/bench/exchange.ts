import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeToken, tokenAuthenticatorInput } from '@sotto/privacypass';
import type { Bytes } from '@sotto/wire';
import type { RawExchange } from '../support/raw-exchange.ts';
import { median, summary } from './measure.ts';
import { nodePlatform } from './node-platform.ts';
import type { Measured } from './row.ts';
import { Samples } from './samples.ts';
import { startSides, type Side, type Sides } from './sides.ts';
import { CONTENT } from './suites.ts';
import { takeTurns, wallOf, type Timed, type Turn } from './turns.ts';

const WARM = 200; // searches before the first round: until then the engine compiles what they run
const WARM_OTHERS = 50; // calls of every other kind
const WARM_BATCHES = 8; // of 30 tokens that searches use
const WARM_ISSUANCES = 120; // batches before the first round: until some 80 the cost still falls
const ROUNDS = 7; // of turns
const REFILLS = 4; // batches in a round, for its searches
const ALONE = { turns: 6, calls: 4, atOnce: 1 }; // calls one after the other
const CROWD = { turns: 6, calls: 16, atOnce: 8 };
const BATCHES = { turns: 5, calls: 1, atOnce: 1 };
const NEW_OBJECTS = { ...BATCHES, turns: 1 };

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
  samples.addCpu('e2e.issue.cpu', old.ours, old.bare); // accounts that are new, and quota objects that exist
  samples.addCpu('e2e.issue.cpu.object', made.ours, made.bare); // a quota object is made
  samples.addParts('e2e.issue.cpu.object', { object: cpuOf(made.ours) - cpuOf(old.ours) });
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
  samples.addTimes('e2e.search', latenciesOf(alone.ours), latenciesOf(alone.bare));
  samples.addTimes('e2e.search.throughput', wallsOf(crowd.ours), wallsOf(crowd.bare));
  samples.addCpu('e2e.search.cpu', crowd.ours, crowd.bare); // of all four services and workerd around them
  samples.addCpu('e2e.search.cpu.relay', alone.relayed, alone.bareRelayed);
  samples.addCpu('e2e.search.cpu.search', alone.stickers, alone.bareStickers);
  const latencyOf = (turns: readonly Turn[]): number => median(latenciesOf(turns));
  const transport = 2 * latencyOf(alone.nothing);
  samples.addParts('e2e.search', {
    crypto,
    storage: Math.max(0, latencyOf(alone.refused) - crypto - transport),
    search: Math.max(0, latencyOf(alone.stickers) - transport / 2),
    transport,
    disk, // not part of e2e.search: what a search waits longer if the ledger is on this disk
  });
}

const cpuOf = (turns: readonly Turn[]): number => median(turns.map(({ cpu }) => cpu));
const wallsOf = (turns: readonly Turn[]): number[] => turns.map(({ wall }) => wall);
const latenciesOf = (turns: readonly Turn[]): number[] => turns.flatMap(({ latencies }) => latencies);
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
