import { readdirSync, readFileSync, rmSync } from 'node:fs';
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
import { ON_LOOPBACK } from '../../../services/local/src/worker-code.ts';
import type { Front } from './front.ts';
import { Gate } from './gate.ts';
import type { Platform, ToolCall } from './machine.ts';
import { freePorts } from '../../../services/local/src/ports.ts';

interface Deployed {
  readonly port: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly main: string;
  readonly script: string;
  secrets: Readonly<Record<string, string>>;
}

/** One account of a test at Cloudflare: the Workers of one wrangler.toml, in one workerd. */
class Account {
  readonly workers = new Map<string, Deployed>();
  readonly gate = new Gate();
  running: Miniflare | null = null;
  readonly storage: string;

  constructor(storage: string) {
    this.storage = storage;
  }
}

const CRONS = ['issuer', 'gateway', 'relay'] as const;

/** The accounts of a test at Cloudflare. A new version takes the place of the old one without an outage, as there. */
export class Accounts implements Platform {
  readonly #accounts = new Map<string, Account>();
  readonly #folder: string;
  readonly #front: Front;
  #passed = 0;

  /** @param folder - for the storage of Durable Objects */
  constructor(folder: string, front: Front) {
    this.#folder = folder;
    this.#front = front;
  }

  /** The effect of `npx wrangler deploy` and `npx wrangler secret bulk` on the prebuilt Workers. */
  async wrangler(call: ToolCall): Promise<string> {
    const { words, cwd } = call;
    const option = (name: string): string => words[words.indexOf(`--${name}`) + 1] ?? '';
    const config = path.resolve(cwd, option('config'));
    const env = option('env');
    const account = this.#accounts.get(config) ?? new Account(path.join(this.#folder, nameOf(config)));
    this.#accounts.set(config, account);
    const verb = words.filter((word) => !word.startsWith('--')).slice(0, 2);
    if (verb[0] === 'deploy') {
      await this.#deploy(account, { config, env, secrets: path.resolve(cwd, option('secrets-file')) });
    } else if (verb.join(' ') === 'secret bulk') {
      const file = words[2]?.startsWith('--') === false ? path.resolve(cwd, words[2]) : null;
      changeSecrets(account, env, file === null ? call.input : readFileSync(file, 'utf8'));
    } else throw new Error(`wrangler ${words.join(' ')}: not in this test`);
    await this.#restart(account);
    return `sotto-${env} has a new version\n`;
  }

  async #deploy(
    account: Account,
    { config, env, secrets }: { readonly config: string; readonly env: string; readonly secrets: string },
  ): Promise<void> {
    const read = unstable_readConfig({ config, env }, { hideWarnings: true });
    const { routes = [], main = '', no_bundle: isBuilt } = read;
    if (isBuilt !== true) throw new Error(`${config}: [env.${env}] would be bundled`);
    const { workerOptions } = unstable_getMiniflareWorkerOptions(config, env);
    const { rootPath: _root, modulesRules: _rules, ...options } = workerOptions;
    const before = account.workers.get(env);
    const port = before?.port ?? (await freePorts(1));
    const given = JSON.parse(readFileSync(secrets, 'utf8')) as Record<string, string>;
    account.workers.set(env, {
      port,
      options,
      main,
      script: readFileSync(main, 'utf8'),
      secrets: { ...before?.secrets, ...given },
    });
    for (const route of routes) {
      const host = typeof route === 'string' ? route : route.pattern;
      const removed = ['x-forwarded-for', 'x-forwarded-host', 'via'];
      await this.#front.add({ host, port, removed, gate: account.gate });
    }
  }

  /** Sets the clock of all Workers forward, and runs their crons, as the platform does every ten minutes. */
  async passed(milliseconds: number): Promise<void> {
    this.#passed = milliseconds;
    for (const account of this.#accounts.values()) await this.#restart(account);
    for (const account of this.#accounts.values()) {
      for (const name of CRONS.filter((one) => account.workers.has(one))) {
        const worker = await account.running?.getWorker(`sotto-${name}`);
        await worker?.scheduled({ cron: '*/10 * * * *' });
      }
    }
  }

  /** Deletes the storage of an account's Durable Objects of these classes. */
  async lose(config: string, classes: RegExp): Promise<void> {
    const account = this.#accounts.get(config);
    if (account === undefined) throw new Error(`${config} was not deployed`);
    await account.running?.dispose();
    account.running = null;
    const objects = path.join(account.storage, 'do');
    for (const name of readdirSync(objects).filter((one) => classes.test(one))) {
      rmSync(path.join(objects, name), { recursive: true });
    }
    await this.#restart(account);
  }

  async #restart(account: Account): Promise<void> {
    await account.gate.replace(async () => {
      await account.running?.dispose();
      const workers = Array.from(account.workers, ([name, worker]) => this.#optionsOf(name, worker, account));
      account.running = new Miniflare(
        convertV4MiniflareOptions({
          workers: workers as never,
          ...ON_LOOPBACK,
          stripDisablePrettyError: true,
          log: new Log(LogLevel.ERROR),
          resourcePersistencePath: account.storage,
        }),
      );
      await account.running.ready;
    });
  }

  #optionsOf(name: string, { options, secrets, main, script, port }: Deployed, account: Account): object {
    return {
      ...options,
      name: `sotto-${name}`,
      ratelimits: {}, // on loopback all clients share one address
      bindings: { ...(options['bindings'] as object), ...secrets },
      modules: modulesOf(main, `${setClock(this.#passed)}\n${script}`),
      unsafeDirectSockets: [{ host: '127.0.0.1', port }],
      outboundService: (request: Request) => this.#reach(request, account),
    };
  }

  /**
   * The network of the Workers: public names of this test, and nothing else. A request that is part of another one in the same
   * account is not held back, because a new version waits for the other one.
   */
  async #reach(request: Request, from: Account): Promise<Response> {
    const url = new URL(request.url);
    const site = this.#front.siteOf(url.host);
    if (site === undefined) return new Response(null, { status: 523 });
    const target = `http://127.0.0.1:${site.port}${url.pathname}${url.search}`;
    return site.gate === undefined || site.gate === from.gate
      ? sendExactly(target, request)
      : site.gate.pass(() => sendExactly(target, request));
  }

  async close(): Promise<void> {
    for (const { running } of this.#accounts.values()) await running?.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const nameOf = (config: string): string => Buffer.from(config).toString('hex').slice(-40);

/** Code before a Worker's own: its clock is ahead. */
const setClock = (milliseconds: number): string =>
  `{ const now = Date.now; Date.now = () => now.call(Date) + ${milliseconds}; }`;

/** A secret of null is deleted. */
function changeSecrets(account: Account, env: string, json: string): void {
  const worker = account.workers.get(env);
  if (worker === undefined) throw new Error(`sotto-${env} was not deployed`);
  const changed = { ...worker.secrets, ...(JSON.parse(json) as Record<string, string | null>) };
  const kept = Object.entries(changed).filter((entry): entry is [string, string] => entry[1] !== null);
  worker.secrets = Object.fromEntries(kept);
}

/** A prebuilt Worker: its script, and the WebAssembly beside it. */
function modulesOf(main: string, script: string): unknown[] {
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
