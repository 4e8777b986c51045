import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { childNamed, clockOf } from './cpu-clock.ts';
import type { Clock } from './measure.ts';
import { bundleWorker, ON_LOOPBACK } from '../../services/local/src/worker-code.ts';

const V8_FLAGS = 'MINIFLARE_WORKERD_V8_FLAGS'; // read by Miniflare

export interface BenchWorker {
  readonly url: string;
  /** The CPU time of its workerd. */
  readonly clock: Clock;
  stop(): Promise<void>;
}

const bundles = new Map<string, ReturnType<typeof bundleWorker>>();
function bundleOf(file: string): ReturnType<typeof bundleWorker> {
  const bundle = bundles.get(file) ?? bundleWorker(path.resolve(import.meta.dirname, file));
  bundles.set(file, bundle);
  return bundle;
}

/**
 * For rows that are measured when their code is optimized. The young generation has its largest size from the start:
 * otherwise V8 grows and shrinks it during a run, and objects of the runtime, such as a Request, cost a quarter more while it
 * is small.
 */
export const STEADY_HEAP = '--expose-gc --min-semi-space-size=16 --max-semi-space-size=16';

/** Starts one Worker alone in workerd, on a loopback port of its own. */
export async function startBenchWorker(file: string, v8Flags?: string): Promise<BenchWorker> {
  const { modules } = await bundleOf(file);
  if (v8Flags !== undefined) process.env[V8_FLAGS] = v8Flags;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'bench',
          modules,
          compatibilityDate: '2026-10-23',
          compatibilityFlags: ['webcrypto_modern_algorithms', 'nodejs_compat'],
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ] as never,
      ...ON_LOOPBACK,
      log: new Log(LogLevel.ERROR),
    }),
  );
  await miniflare.ready;
  delete process.env[V8_FLAGS]; // other workerds of this process have none
  const { origin } = await miniflare.unsafeGetDirectURL('bench');
  return { url: origin, clock: clockOf(childNamed('workerd')), stop: () => miniflare.dispose() };
}
