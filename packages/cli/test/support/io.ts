import path from 'node:path';
import type { Io } from '../../src/io.ts';
import type { FetchInit } from '@sotto/client';
import type { World } from '../../../client/test/support/world.ts';

type Route = (init: RequestInit) => Response | Promise<Response>;

/** A terminal in memory, and a network of the routes given, then a world's. */
export class TestIo implements Io {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly asked: { readonly url: string; readonly init: RequestInit }[] = [];
  readonly routes: Record<string, Route> = {};
  env: Record<string, string | undefined> = {};
  columns: number | null = null;
  readonly cwd: string;
  readonly #world: World | null;

  constructor(cwd: string, world: World | null = null) {
    this.cwd = cwd;
    this.#world = world;
    this.env['XDG_STATE_HOME'] = cwd;
    this.env['XDG_CONFIG_HOME'] = path.join(cwd, 'config');
  }

  readonly written: Uint8Array[] = [];
  readonly shown: string[] = [];
  colors = false;
  stdin: Uint8Array = new Uint8Array(0);

  readonly out = (line: string): void => void this.lines.push(line);
  readonly write = (bytes: Uint8Array): void => void this.written.push(bytes);
  readonly progress = (text: string): void => void this.shown.push(text);
  readonly input = async (): Promise<Uint8Array> => this.stdin;
  readonly err = (line: string): void => void this.errors.push(line);

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = input instanceof Request ? input.url : input.toString();
    this.asked.push({ url, init });
    const route = this.routes[url.replace(/\?.*/, '')];
    if (route !== undefined) return route(init);
    if (this.#world === null) throw new TypeError('fetch failed');
    const answer = await this.#world.options().fetch(url, init as FetchInit);
    const type = answer.headers.get('content-type') ?? '';
    return new Response(await answer.arrayBuffer(), {
      status: answer.status,
      headers: { 'content-type': type },
    });
  };

  /** All lines of standard output and standard error. */
  get said(): string {
    return [...this.lines, ...this.errors].join('\n');
  }
}

/** A terminal that keeps lines only, and a real or given network. */
export const plainIo = (fetcher: typeof fetch, lines: string[]): Io => ({
  out: (line) => void lines.push(line),
  write: () => {},
  err: () => {},
  progress: () => {},
  input: async () => new Uint8Array(0),
  fetch: fetcher,
  env: {},
  cwd: '/',
  columns: null,
  colors: false,
});

/** A suite's page on the default port, whose relay and issuer are a world's. */
export function localRoutes(io: TestIo, root: string): void {
  io.routes['http://127.0.0.1:8805/local.json'] = () =>
    Response.json({
      relay: 'https://relay.example',
      gateway: 'https://gateway.example',
      issuer: 'https://issuer.example',
      root,
      operatorToken: 'operator-secret',
      restSeconds: 0,
    });
  io.routes['http://127.0.0.1:8805/local/account'] = () => Response.json({ token: 'local.jwt' });
}
