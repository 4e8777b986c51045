import { ProtocolError, type Bytes } from '@sotto/wire';
import { seeded } from '../support/seeded.ts';
import { mutant } from './mutate.ts';
import { countAllocations } from './allocations.ts';

/** One decoder under test. */
export interface Target {
  readonly name: string;
  /** Valid inputs, from which mutants are made. */
  readonly seeds: readonly Bytes[];
  /**
   * Decodes. It throws a coded error for bad input. `differential` is the result of another implementation.
   */
  run(bytes: Bytes): unknown;
  /** The code of an expected error; null for a crash. ProtocolErrors are always expected. */
  codeOf?(error: unknown): string | null;
  /** Bytes that one input of this length may allocate. Default: 256 KiB and 32 bytes per byte. */
  mayAllocate?(length: number): number;
}

/** The result of a target's runs. */
export interface Outcome {
  readonly name: string;
  readonly runs: number;
  readonly decoded: number;
  readonly codes: ReadonlyMap<string, number>;
  readonly corpus: number;
  /** The first crash, slow run or large allocation, with its input in hex. */
  readonly fault: string | null;
}

const SLOW = 1000; // milliseconds of one run
/** The first runs, whose allocations are counted. Counting slows a run down ten times. */
const COUNTED = 2000;
const MAX_CORPUS = 512;

/** Called before each run, so that a watchdog can report an input that hangs. */
export type OnRun = (bytes: Bytes, run: number) => void;

/**
 * Runs mutants of a growing corpus. A mutant is kept when its result is new: a successful decode of a new kind, or an
 * error with a new code and message, numbers aside. Messages name fields and rules, so this follows the decoder's paths.
 */
export async function fuzz(
  target: Target,
  { runs, seed }: { readonly runs: number; readonly seed: number },
  onRun: OnRun = () => {},
): Promise<Outcome> {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const corpus = [...target.seeds];
  const seen = new Set<string>();
  const codes = new Map<string, number>();
  let decoded = 0;
  Error.stackTraceLimit = 0; // most runs throw, and a trace costs more than decoding
  const outcome = (count: number, fault: string | null): Outcome => ({
    name: target.name,
    runs: count,
    decoded,
    codes,
    corpus: corpus.length,
    fault,
  });
  for (let run = 0; run < runs; run++) {
    const bytes = run < corpus.length ? (corpus[run] as Bytes).slice() : mutant(corpus, below);
    onRun(bytes, run);
    const input = (): string => `${target.name}, run ${run}: ${Buffer.from(bytes).toString('hex')}`;
    const began = performance.now();
    const { result, allocated } =
      run < COUNTED
        ? await countAllocations(() => attempt(target, bytes))
        : { result: await attempt(target, bytes), allocated: 0 };
    let took = performance.now() - began;
    for (let again = 0; took > SLOW && again < 3; again++) took = await fastest(target, bytes, took);
    if (result.crash !== undefined) {
      Error.stackTraceLimit = 20;
      const { crash = result.crash } = await attempt(target, bytes);
      return outcome(run + 1, `${input()}\n${crash}`);
    }
    if (took > SLOW) return outcome(run + 1, `${input()}\ntook ${Math.round(took)} ms`);
    if (allocated > (target.mayAllocate?.(bytes.length) ?? 262_144 + 32 * bytes.length))
      return outcome(run + 1, `${input()}\nallocated ${allocated} bytes`);
    if (result.code === null) decoded++;
    else codes.set(result.code, (codes.get(result.code) ?? 0) + 1);
    if (!seen.has(result.signature)) {
      seen.add(result.signature);
      if (corpus.length < MAX_CORPUS) corpus.push(bytes);
    }
  }
  return outcome(runs, null);
}

/** Times an input again: a slow run may be caused by the machine, but a slow input is slow every time. */
async function fastest(target: Target, bytes: Bytes, before: number): Promise<number> {
  const began = performance.now();
  await attempt(target, bytes);
  return Math.min(before, performance.now() - began);
}

interface Attempt {
  readonly code: string | null; // null: it decoded
  readonly signature: string;
  readonly crash?: string;
}

async function attempt(target: Target, bytes: Bytes): Promise<Attempt> {
  try {
    const value = await target.run(bytes);
    return { code: null, signature: `decoded ${typeof value === 'string' ? value : ''}` };
  } catch (error) {
    const code = target.codeOf?.(error) ?? (error instanceof ProtocolError ? error.code : null);
    if (code === null) {
      const crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { code: '', signature: '', crash };
    }
    return { code, signature: `${code} ${(error as Error).message.replaceAll(/\d+/g, '#')}` };
  }
}
