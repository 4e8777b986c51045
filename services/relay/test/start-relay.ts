import '../../local/src/offline-env.ts';
import path from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { systemClock, variablesOnNode, type Clock } from '@sotto/service/node';
import { readConfig, type Config } from '../src/config.ts';
import { serveRelay } from '../src/node/serve.ts';
import { readSettings } from '../src/node/settings.ts';

export const CREDENTIAL = 'a-credential-of-the-relay';

/** A relay under test, by its URL. */
export interface RunningRelay {
  readonly url: string;
  close(): Promise<void>;
}

export type Vars = Readonly<Record<string, string>>;

/** The configuration of these variables. Tests that are not about providers accept all of them. */
export function configOf(env: Readonly<Record<string, string | undefined>>): Config {
  return readConfig(variablesOnNode('relay', { ALLOW_ONE_PROVIDER: 'true', ...env }));
}

/** The variables of a local relay. Tests that wait for a deadline set a short one. */
export function vars(gateway: string, more: Vars = {}): Vars {
  return {
    LOCAL: 'true',
    GATEWAYS: JSON.stringify({ '': gateway }),
    RELAY_TOKENS: JSON.stringify({ '': CREDENTIAL }),
    RATE_BURST: '100000',
    MAX_IN_FLIGHT: '2000',
    ...more,
  };
}

export async function startOnNode(env: Vars, clock: Clock = systemClock): Promise<RunningRelay> {
  const serving = await serveRelay(readSettings(variablesOnNode('relay', { PORT: '0', ...env })), clock);
  return { url: serving.origin, close: () => serving.close() };
}

let code: Promise<string> | null = null;

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, '../src/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'import'],
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

export async function startInWorkerd(env: Vars): Promise<RunningRelay> {
  code ??= bundled();
  const contents = await code;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'relay',
          modules: [{ type: 'ESModule', path: 'index.js', contents }],
          compatibilityDate: '2026-10-23',
          compatibilityFlags: ['global_fetch_strictly_public'],
          bindings: { ...env },
          unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
        },
      ],
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      telemetry: { enabled: false },
      unsafeObservability: false,
      unsafeLocalExplorer: false,
      stripDisablePrettyError: true,
      log: new Log(LogLevel.NONE),
      handleRuntimeStdio: () => {},
    } as never),
  );
  await miniflare.ready;
  const url = await miniflare.unsafeGetDirectURL('relay');
  return { url: url.origin, close: () => miniflare.dispose() };
}

/** Both entries of the one app. */
export const RELAYS = [
  ['Node', startOnNode],
  ['workerd', startInWorkerd],
] as const;
