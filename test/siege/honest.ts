import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reachable } from '../support/raw-exchange.ts';
import { RawExchange, type Envelope } from '../support/raw-exchange.ts';

const RECOVERY_MS = 60_000;

/** The results of honest clients during an attack. */
export interface Share {
  readonly sent: number;
  readonly succeeded: number;
  readonly slowestMs: number;
  /** Outcomes that were not a success, with their number. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Honest searches at a steady rate, each from an address of its own, until the attack ends. */
export class HonestClients {
  readonly #raw: RawExchange;
  readonly #relay: string;
  readonly #timeoutMs: number;
  #addresses = 0;

  private constructor(raw: RawExchange, relay: string, timeoutMs: number) {
    this.#raw = raw;
    this.#relay = relay;
    this.#timeoutMs = timeoutMs;
  }

  /** @param timeoutMs - after which an honest client gives up */
  static async of(parties: Reachable, timeoutMs: number): Promise<HonestClients> {
    return new HonestClients(await RawExchange.of(parties), parties.urls.relay, timeoutMs);
  }

  /** Searches that were sent so far. */
  get sent(): number {
    return this.#addresses;
  }

  /** Sends a search every `everyMs` until the attack has ended, and waits for all of them. */
  async during(attack: Promise<unknown>, everyMs: number): Promise<Share> {
    const state = { over: false };
    const searches: Promise<{ outcome: string; ms: number }>[] = [];
    const ended = attack.finally(() => (state.over = true));
    while (!state.over) {
      searches.push(this.#search());
      await sleep(everyMs);
    }
    await ended;
    const results = await Promise.all(searches);
    const failures: Record<string, number> = {};
    for (const { outcome } of results) {
      if (outcome !== 'ok') failures[outcome] = (failures[outcome] ?? 0) + 1;
    }
    return {
      sent: results.length,
      succeeded: results.filter(({ outcome }) => outcome === 'ok').length,
      slowestMs: Math.round(Math.max(...results.map(({ ms }) => ms))),
      failures,
    };
  }

  /** Milliseconds until a search succeeds again, at most a minute. */
  async recovery(): Promise<number> {
    const began = performance.now();
    while (performance.now() - began < RECOVERY_MS && (await this.#search()).outcome !== 'ok')
      await sleep(100);
    return Math.round(performance.now() - began);
  }

  /** One search for a service without tokens, so that the share measures availability alone. */
  async #search(): Promise<{ outcome: string; ms: number }> {
    const envelope = await this.#raw.seal(this.#raw.request(null, 'cat', { authority: 'open' }));
    const began = performance.now();
    const outcome = await this.#post(envelope).catch(
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    return { outcome, ms: performance.now() - began };
  }

  #post({ bytes, open }: Envelope): Promise<string> {
    const n = this.#addresses++;
    const localAddress = `127.0.${1 + (n % 200)}.${1 + (Math.floor(n / 200) % 250)}`;
    const headers = { 'content-type': 'message/ohttp-req', 'content-length': bytes.length };
    const options = {
      method: 'POST',
      localAddress,
      headers,
      agent: false,
      timeout: this.#timeoutMs,
    } as const;
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${this.#relay}/ohttp`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode !== 200) resolve(`HTTP ${response.statusCode}`);
          else open(new Uint8Array(Buffer.concat(chunks))).then(() => resolve('ok'), reject);
        });
      });
      request.once('timeout', () => request.destroy(new Error('timeout')));
      request.once('error', reject);
      request.end(bytes);
    });
  }
}
