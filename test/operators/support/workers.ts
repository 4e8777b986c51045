import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  convertV4MiniflareOptions,
  Log,
  LogLevel,
  Miniflare,
  Response as MiniflareResponse,
} from 'miniflare';
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler';
import { freePorts } from '../../../services/local/src/suite.ts';
import { ON_LOOPBACK } from '../../../services/local/src/worker-code.ts';
import type { Front } from './front.ts';
import type { ToolCall } from './machine.ts';

interface Deployed {
  readonly options: Record<string, unknown>;
  readonly name: string;
}

/** The accounts of a test at Cloudflare: one workerd for each wrangler.toml. */
export class Accounts {
  readonly #workers = new Map<string, Map<string, Deployed>>();
  readonly #running = new Map<string, Miniflare>();
  readonly #ports = new Map<string, number>();
  readonly #folder: string;
  #front: Front | null = null;

  /** @param folder - for the storage of Durable Objects */
  constructor(folder: string) {
    this.#folder = folder;
  }

  set front(front: Front) {
    this.#front = front;
  }

  /** What `npx wrangler deploy --config F --env E --secrets-file S` does, on the prebuilt Workers. */
  async deploy({ words, cwd }: ToolCall): Promise<string> {
    const option = (name: string): string => words[words.indexOf(`--${name}`) + 1] ?? '';
    const config = path.resolve(cwd, option('config'));
    const env = option('env');
    const secrets = JSON.parse(readFileSync(path.resolve(cwd, option('secrets-file')), 'utf8')) as object;
    const {
      routes = [],
      main = '',
      no_bundle: isBuilt,
    } = unstable_readConfig({ config, env }, { hideWarnings: true });
    if (isBuilt !== true) throw new Error(`${config}: [env.${env}] would be bundled`);
    const { workerOptions } = unstable_getMiniflareWorkerOptions(config, env);
    const { rootPath: _root, modulesRules: _rules, ...options } = workerOptions;
    const account = this.#workers.get(config) ?? new Map<string, Deployed>();
    this.#workers.set(config, account);
    const port = this.#ports.get(`${config} ${env}`) ?? (await freePorts());
    this.#ports.set(`${config} ${env}`, port);
    account.set(env, {
      name: `sotto-${env}`,
      options: {
        ...options,
        name: `sotto-${env}`,
        ratelimits: {}, // on loopback all clients share one address
        bindings: { ...(options['bindings'] as object), ...secrets },
        modules: modulesOf(main),
        unsafeDirectSockets: [{ host: '127.0.0.1', port }],
        outboundService: (request: Request) => this.#reach(request),
      },
    });
    for (const route of routes) {
      const host = typeof route === 'string' ? route : route.pattern;
      await this.#front?.add({ host, port, removed: ['x-forwarded-for', 'x-forwarded-host', 'via'] });
    }
    await this.#restart(config);
    return `deployed sotto-${env}\n`;
  }

  /** Runs the cron of every Worker that has one, as the platform does every ten minutes. */
  async tick(): Promise<void> {
    for (const [config, account] of this.#workers) {
      for (const name of ['issuer', 'gateway', 'relay']) {
        if (!account.has(name)) continue;
        const worker = await this.#running.get(config)?.getWorker(`sotto-${name}`);
        await worker?.scheduled({ cron: '*/10 * * * *' });
      }
    }
  }

  async #restart(config: string): Promise<void> {
    await this.#running.get(config)?.dispose();
    const workers = Array.from(this.#workers.get(config)?.values() ?? [], ({ options }) => options);
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        workers: workers as never,
        ...ON_LOOPBACK,
        stripDisablePrettyError: true,
        log: new Log(LogLevel.ERROR),
        resourcePersistencePath: path.join(this.#folder, Buffer.from(config).toString('hex').slice(-24)),
      }),
    );
    await miniflare.ready;
    this.#running.set(config, miniflare);
  }

  /** The network of the Workers: public names of this test, and nothing else. */
  async #reach(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const port = this.#front?.portOf(url.host);
    if (port === undefined) return new Response(null, { status: 523 });
    return sendExactly(`http://127.0.0.1:${port}${url.pathname}${url.search}`, request);
  }

  async close(): Promise<void> {
    for (const miniflare of this.#running.values()) await miniflare.dispose();
  }
}

/** A prebuilt Worker: its script, and the WebAssembly beside it. */
function modulesOf(main: string): unknown[] {
  const script = readFileSync(main, 'utf8');
  const wasm = Array.from(script.matchAll(/from\s*"\.\/([\w.]+\.wasm)"/g), ([, name = '']) => name);
  return [
    { type: 'ESModule', path: 'index.js', contents: script },
    ...wasm.map((name) => ({
      type: 'CompiledWasm',
      path: name,
      contents: new Uint8Array(readFileSync(path.join(path.dirname(main), name))),
    })),
  ];
}

/** Sends a Worker's request with its own fields: the `fetch` of Node would add some, which the gateway refuses. */
async function sendExactly(url: string, { method, headers, body }: Request): Promise<Response> {
  const content = body === null ? null : await buffer(Readable.fromWeb(body as never));
  return new Promise((resolve, reject) => {
    const fields = Object.fromEntries([...headers].filter(([name]) => !/^(cf-|mf-)/.test(name)));
    const sent = send(url, { method, headers: fields }, (response) => {
      const { statusCode: status = 502, headers: got } = response;
      const type = got['content-type'] ?? 'application/octet-stream';
      const init = { status, headers: { 'content-type': type } };
      resolve(buffer(response).then((bytes) => new MiniflareResponse(bytes, init) as never));
    });
    sent.once('error', reject);
    sent.end(content);
  });
}
