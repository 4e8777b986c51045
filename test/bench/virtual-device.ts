import { ClientError, type Client } from '@sotto/client';
import type { UnixSeconds } from '@sotto/wire';
import { clientOf } from '../support/clients.ts';
import { quick } from '../support/voucher-suite.ts';
import type { Session } from '../simulation/people.ts';
import type { Randomness } from '../simulation/randomness.ts';
import type { VirtualSuite } from './virtual-suite.ts';

/** How a device gets its tokens: a client without a policy requests them with its account. */
export type Scheme = 'vouchers' | 'direct';

const SESSION_SECONDS = 300;

/** A device with the client as applications use it: its schedule runs while the application is open. */
export class VirtualDevice {
  readonly #servers: VirtualSuite;
  readonly #client: Client;
  #wake: { readonly at: UnixSeconds; readonly resume: () => void } | null = null;
  #idle = (): void => {};
  /** Searches that got a result, and those that found no rested token. */
  readonly searches = { served: 0, unserved: 0 };

  private constructor(servers: VirtualSuite, account: string, more: object) {
    this.#servers = servers;
    this.#client = clientOf(servers.suite, account, {
      ...more,
      fetch: servers.fetch,
      now: () => servers.now,
      restSeconds: 900,
      services: ['stickers'],
      sleep: (seconds) =>
        new Promise((resume) => {
          this.#wake = { at: servers.now + seconds, resume };
          this.#idle();
        }),
    });
  }

  static async of(
    servers: VirtualSuite,
    account: string,
    { scheme, random }: { readonly scheme: Scheme; readonly random: Randomness },
  ): Promise<VirtualDevice> {
    const { policy } = servers.suite;
    const more = { ...(await quick()), random: random.bytes };
    return new VirtualDevice(servers, account, scheme === 'vouchers' ? { ...more, policy } : more);
  }

  /** The application is open for five minutes. */
  async open({ at, searches }: Session): Promise<void> {
    const servers = this.#servers;
    servers.now = at;
    let idle = this.#becomesIdle();
    const close = this.#client.start();
    await idle;
    for (const next of [...searches, at + SESSION_SECONDS]) {
      for (let wake = this.#wake; wake !== null && wake.at <= next; wake = this.#wake) {
        servers.now = wake.at;
        idle = this.#becomesIdle();
        wake.resume();
        await idle;
      }
      servers.now = next;
      if (next < at + SESSION_SECONDS) await this.#search();
    }
    close();
  }

  #becomesIdle(): Promise<void> {
    this.#wake = null;
    return new Promise((resolve) => (this.#idle = resolve));
  }

  async #search(): Promise<void> {
    try {
      await this.#client.search('happy cat', { locale: 'en' });
      this.searches.served++;
    } catch (error) {
      const isWaiting =
        error instanceof ClientError && (error.code === 'tokens-resting' || error.code === 'no-tokens');
      if (!isWaiting) throw error;
      this.searches.unserved++;
    }
  }
}
