import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, Response } from 'miniflare';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import type { Taps } from './taps/taps.ts';
import { bundleWorker, ON_LOOPBACK, ROOT, type WorkerBundle, type WorkerModule } from './worker-code.ts';

export const SERVICES = ['relay', 'gateway', 'issuer', 'stickers'] as const;
/**
 * The services of a release, which operators deploy. It includes the witness, which a suite has only together
 * with a log.
 */
export const DEPLOYED = [...SERVICES, 'witness'] as const;
export type ServiceName = (typeof SERVICES)[number];
export type PerService<T> = Readonly<Record<ServiceName, T>>;

const CONFIG = path.join(ROOT, 'wrangler.toml');

/** A variable of a Worker in wrangler.toml. */
export function deployedVariable(service: ServiceName, name: string): string {
  const { bindings = {} } = unstable_getMiniflareWorkerOptions(CONFIG, service).workerOptions;
  return String((bindings as Record<string, unknown>)[name]);
}

/** Gives the modules that run in place of those of a bundled Worker. */
export type ChangeWorker = (
  service: (typeof DEPLOYED)[number],
  bundle: WorkerBundle,
) => readonly WorkerModule[];

interface WorkersOptions {
  /** Loopback port of each Worker. Without one of the witness there is no witness. */
  readonly ports: PerService<number> & { readonly witness?: number };
  /** Variables and secrets added to those of wrangler.toml. */
  readonly vars: PerService<Readonly<Record<string, string>>> & {
    readonly witness?: Readonly<Record<string, string>>;
  };
  /** Folder for the Durable Objects' storage. Default: memory. */
  readonly persist?: string;
  /** Record what passes over the gateway's bindings. */
  readonly taps?: Taps;
  /** More Workers in Miniflare's format. */
  readonly others?: readonly unknown[];
  /** Changes the code of a Worker, for a measurement. */
  readonly change?: ChangeWorker;
  /** Receives everything that workerd and its Workers write to their log. */
  readonly onOutput?: (text: string) => void;
}

/** Starts all Workers in one workerd, from the wrangler.toml that deployments use. */
export async function startWorkers({
  ports,
  vars,
  persist,
  taps,
  others = [],
  change = (_service, { modules }) => modules,
  onOutput,
}: WorkersOptions): Promise<Miniflare> {
  const workers: unknown[] = await Promise.all(
    (ports.witness === undefined ? SERVICES : DEPLOYED).map(async (service) => {
      const { workerOptions, main } = unstable_getMiniflareWorkerOptions(CONFIG, service);
      const { rootPath: _rootPath, modulesRules: _modulesRules, assets, ...options } = workerOptions;
      if (main === undefined) throw new Error(`wrangler.toml: [env.${service}] has no main`);
      return {
        ...options,
        name: `sotto-${service}`,
        ratelimits: {}, // on loopback all clients share one address
        bindings: { ...(options['bindings'] as Record<string, unknown>), ...vars[service] },
        modules: change(service, await bundleWorker(main)).map(
          service === 'relay' ? withNetwork : (it) => it,
        ),
        unsafeDirectSockets: [{ host: '127.0.0.1', port: ports[service] }],
        ...(assets !== undefined && { serviceBindings: folderOf(assets as Assets) }),
        ...(service === 'relay' && { serviceBindings: NETWORK }),
        ...(service === 'gateway' && taps && { serviceBindings: tappedBindings(ports, taps) }),
      };
    }),
  );
  if (taps) workers.push(await redeemTap(taps));
  workers.push(...others);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: workers as never,
      ...ON_LOOPBACK,
      stripDisablePrettyError: true,
      log: new Log(LogLevel.ERROR),
      ...(onOutput && {
        handleStructuredLogs: ({ message }: { message: string }) => onOutput(message),
      }),
      ...(persist !== undefined && { resourcePersistencePath: persist }),
    }),
  );
  await miniflare.ready;
  return miniflare;
}

/** Static assets in wrangler.toml. */
interface Assets {
  readonly directory: string;
  readonly binding: string;
}

/**
 * The folder of static assets, which workerd serves to the binding. Miniflare would put two Workers of its own before
 * ours, and every request would pass through both. A deployment with `run_worker_first` has no such Workers.
 */
const folderOf = ({ directory, binding }: Assets): Record<string, unknown> => ({
  [binding]: { disk: { path: directory, writable: false } },
});

const NETWORK = { NETWORK: { network: { allow: ['private'] } } };
const BY_NETWORK = `import { env as suiteEnv } from 'cloudflare:workers';
globalThis.fetch = (url, init) => suiteEnv.NETWORK.fetch(url, init);
`;

/**
 * Code that sends straight to the network. Miniflare puts a Worker of its own between every Worker and the network, through
 * which each envelope and each response would pass. A deployment has no such Worker.
 */
const withNetwork = (module: WorkerModule): WorkerModule =>
  module.path === 'index.js' ? { ...module, contents: BY_NETWORK + String(module.contents) } : module;

/** The gateway's two bindings, each with a tap. */
function tappedBindings(ports: PerService<number>, taps: Taps): Record<string, unknown> {
  return {
    ISSUER: { name: 'redeem-tap', entrypoint: 'GatewayEntrypoint' },
    STICKERS: async (request: Request): Promise<unknown> => {
      const { pathname, search } = new URL(request.url);
      const body = Buffer.from(await request.arrayBuffer());
      const fields = [...request.headers].filter(([name]) => name === 'content-type');
      const response = await fetch(`http://127.0.0.1:${ports.stickers}${pathname}${search}`, {
        method: request.method,
        headers: fields,
        redirect: 'manual',
        ...(body.length > 0 && { body }),
      });
      taps.toStickers({ startLine: `${request.method} ${pathname}${search}`, fields, body });
      const type = response.headers.get('content-type') ?? 'application/octet-stream';
      return new Response(await response.arrayBuffer(), {
        status: response.status,
        headers: { 'content-type': type },
      });
    },
  };
}

async function redeemTap(taps: Taps): Promise<unknown> {
  const file = path.join(import.meta.dirname, 'taps/redeem-tap.js');
  return {
    name: 'redeem-tap',
    compatibilityDate: '2026-10-23',
    modules: [{ type: 'ESModule', path: 'index.js', contents: await readFile(file, 'utf8') }],
    serviceBindings: {
      ISSUER: { name: 'sotto-issuer', entrypoint: 'GatewayEntrypoint' },
      TAP: async (request: Request): Promise<unknown> => {
        taps.redeemed((await request.json()) as Parameters<Taps['redeemed']>[0]);
        return new Response(null, { status: 204 });
      },
    },
  };
}
