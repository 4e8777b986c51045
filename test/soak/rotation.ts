// Keys rotating under load, 20 times in 30 seconds: `node test/soak/rotation.ts`. Exit 1 if any request failed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bytes } from '@sotto/wire';
import { startSuite } from '../../services/local/src/suite.ts';
import { RawExchange } from '../support/raw-exchange.ts';

export interface RotationOptions {
  readonly seconds: number;
  readonly epochSeconds: number;
  readonly clients: number;
}

export interface RotationFigures {
  /** Slots whose keys and tokens were used. */
  readonly slots: number;
  readonly searches: number;
  /** Searches with the keys and tokens of the slot before the running one. */
  readonly previous: number;
  /** What went wrong for a client whose bundle had not expired. */
  readonly failed: readonly string[];
}

const MARGIN = 300; // milliseconds before the end of a bundle: what is sent later may arrive too late

/** Several clients draw and search while every key there is rotates; each keeps its bundle to the end. */
export async function rotate(options: RotationOptions): Promise<RotationFigures> {
  const { seconds, epochSeconds, clients } = options;
  const suite = await startSuite({ epochSeconds });
  const slots = new Set<number>();
  const failed: string[] = [];
  let [searches, previous, accounts] = [0, 0, 0];
  const end = performance.now() + seconds * 1000;
  const running = (): boolean => performance.now() < end;

  /** One batch under the bundle's keys; none if its epoch ended on the way. */
  async function draw(raw: RawExchange): Promise<Bytes[]> {
    try {
      return await raw.draw(`account ${accounts++}`);
    } catch (error) {
      const over = Date.now() / 1000 > raw.bundle.notBefore + epochSeconds - MARGIN / 1000;
      if (!over || !String(error).endsWith('422')) failed.push(String(error));
      return [];
    }
  }

  async function searchToTheEnd(raw: RawExchange, tokens: Bytes[]): Promise<void> {
    const { sequence, notAfter } = raw.bundle;
    for (const token of tokens) {
      if (!running() || Date.now() > notAfter * 1000 - MARGIN) return;
      const { status, inner, code } = await raw.search(token, 'cat');
      if (Date.now() > notAfter * 1000) return; // the bundle expired on the way
      if (status !== 200 || inner?.status !== 200) {
        failed.push(`search: ${status} ${inner?.status ?? ''} ${code} in slot ${sequence}`);
        return;
      }
      searches++;
      slots.add(sequence);
      if (sequence < Math.floor(Date.now() / 1000 / epochSeconds)) previous++;
      // So slow that the tokens reach over the end of their epoch.
      await sleep((epochSeconds * 1200) / tokens.length);
    }
  }

  async function client(i: number): Promise<void> {
    await sleep((i * epochSeconds * 1000) / clients);
    while (running()) {
      // From the gateway, at the clock: a relay's cache lags by the time of a tick, which is an epoch here.
      const raw = await RawExchange.of(suite, suite.urls.gateway);
      await searchToTheEnd(raw, await draw(raw));
      await sleep(20);
    }
  }

  async function cron(): Promise<void> {
    while (running()) {
      await suite.tick();
      await sleep(100);
    }
  }

  try {
    await Promise.all([cron(), ...Array.from({ length: clients }, (_, i) => client(i))]);
  } finally {
    await suite.dispose();
  }
  return { slots: slots.size, searches, previous, failed };
}

if (import.meta.main) {
  const figures = await rotate({ seconds: 30, epochSeconds: 1, clients: 8 });
  console.log(JSON.stringify(figures));
  if (figures.failed.length > 0 || figures.slots < 20) process.exitCode = 1;
}
