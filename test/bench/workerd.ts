import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { childNamed, clockOf } from './cpu-clock.ts';
import type { Clock } from './measure.ts';
import { bundleWorker, ON_LOOPBACK } from '../../services/local/src/worker-code.ts';

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

/** Starts one Worker alone in workerd, on a loopback port of its own. It can collect garbage when it is told to. */
export async function startBenchWorker(file: string): Promise<BenchWorker> {
  process.env['MINIFLARE_WORKERD_V8_FLAGS'] = '--expose-gc';
  const { modules } = await bundleOf(file);
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
  const { origin } = await miniflare.unsafeGetDirectURL('bench');
  return { url: origin, clock: clockOf(childNamed('workerd')), stop: () => miniflare.dispose() };
}
