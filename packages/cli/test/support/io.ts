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
  }

  readonly out = (line: string): void => void this.lines.push(line);
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

  /** All that was said, on both. */
  get said(): string {
    return [...this.lines, ...this.errors].join('\n');
  }
}

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
