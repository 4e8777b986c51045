import { request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Authority } from '../../support/certificates.ts';
import type { Gate } from './gate.ts';

/** A public name with the target of its requests and the proxy's changes to their fields. */
export interface PublicName {
  /** With its port. */
  readonly host: string;
  readonly port: number;
  readonly removed: readonly string[];
  /** Of the account whose Worker this is. */
  readonly gate?: Gate;
}

/** The sites of a Caddyfile that `sotto init` wrote. */
export function sitesOf(caddyfile: string): PublicName[] {
  return Array.from(
    caddyfile.matchAll(/^(\S+) \{\n\treverse_proxy 127\.0\.0\.1:(\d+) \{\n([\s\S]*?)\n\t\}\n\}/gm),
    ([, host = '', port = '', body = '']) => ({
      host,
      port: Number(port),
      removed: Array.from(body.matchAll(/header_up -(\S+)/g), ([, field = '']) => field.toLowerCase()),
    }),
  );
}

/** A TLS proxy with Caddy's defaults, for names with certificates of a test's authority. */
export class Front {
  readonly #authority: Authority;
  readonly #now: () => number;
  readonly #names = new Map<string, PublicName>();
  readonly #servers = new Map<number, Server>();
  readonly #contexts = new Map<string, SecureContext>();

  /** @param now - the clock of the machine, in milliseconds, for the Date field of responses */
  constructor(authority: Authority, now: () => number) {
    this.#authority = authority;
    this.#now = now;
  }

  async add(site: PublicName): Promise<void> {
    this.#names.set(site.host, site);
    const [name = '', port = '443'] = site.host.split(':');
    this.#contexts.set(name, createSecureContext(await this.#authority.issue([name])));
    if (this.#servers.has(Number(port))) return;
    const server = createServer(
      { SNICallback: (asked, done) => done(null, this.#contexts.get(asked)) },
      (incoming, outgoing) => this.#pass(incoming, outgoing),
    );
    this.#servers.set(Number(port), server);
    await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  }

  /** The target of requests for a public name; undefined for an unknown name. */
  siteOf(host: string): PublicName | undefined {
    return this.#names.get(host);
  }

  /** The body of a GET to a public name. */
  async get(host: string, target: string): Promise<Uint8Array<ArrayBuffer>> {
    const site = this.#names.get(host);
    if (site === undefined) throw new Error(`${host} is not there`);
    const response = await fetch(`http://127.0.0.1:${site.port}${target}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Replaces the certificate of a name. */
  async renew(name: string, days: number): Promise<void> {
    this.#contexts.set(name, createSecureContext(await this.#authority.issue([name], days)));
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const site = this.#names.get(incoming.headers.host ?? '');
    if (site === undefined) return void outgoing.writeHead(421).end();
    const passed = async (): Promise<void> => {
      this.#forward(site, incoming, outgoing);
      await new Promise((resolve) => outgoing.once('close', resolve));
    };
    void (site.gate === undefined ? passed() : site.gate.pass(passed));
  }

  #forward(site: PublicName, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const added = {
      'x-forwarded-for': incoming.socket.remoteAddress,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': incoming.headers.host,
      via: '1.1 Caddy',
    };
    const kept = Object.entries({ ...incoming.headers, ...added }).filter(
      ([name]) => !site.removed.includes(name),
    );
    const { method = 'GET', url: path = '/' } = incoming;
    const headers = Object.fromEntries(kept);
    // No kept connections: one to a service that was restarted would fail a request that Caddy sends again.
    const to = { host: '127.0.0.1', port: site.port, method, path, headers, agent: false };
    const passed = send(to, (response) => {
      const date = new Date(this.#now()).toUTCString();
      const fields = response.rawHeaders.filter((_, i, all) => !/^date$/i.test(all[i - (i % 2)] ?? ''));
      outgoing.writeHead(response.statusCode ?? 502, [...fields, 'date', date]);
      response.pipe(outgoing);
    });
    passed.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    incoming.pipe(passed);
  }

  async close(): Promise<void> {
    for (const server of this.#servers.values()) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}
