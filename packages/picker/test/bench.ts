import { vi } from 'vitest';
import { Searcher, type Outcome } from '../src/searcher.ts';
import type { Device, Mode, Page, SearchClient, SearchOptions, Sticker } from '../src/types.ts';

export const IDLE_MS = 600;
export const MINUTE_MS = 60_000;

export const sticker = (id: string): Sticker => ({ id, name: id, emoji: '🐱', pack: 'core' });
export const onDevice: Device = { search: (query) => [sticker(`device ${query}`)], art: () => null };

/** Lets everything happen that waits for no time. */
export const settle = () => vi.advanceTimersByTimeAsync(0);

/** A searcher between a device and a network that a test may exchange, and all that it asked and showed. */
export class Bench {
  mode: Mode = 'network';
  device: Device | null = onDevice;
  readonly asked: { query: string; options: SearchOptions }[] = [];
  readonly shown: (Outcome | null)[] = [];
  readonly client: { -readonly [key in keyof SearchClient]: SearchClient[key] } = {
    search: async (query, options) => {
      this.asked.push({ query, options });
      return this.answer(query, options);
    },
  };
  readonly searcher = new Searcher({
    now: () => Date.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    device: () => this.device,
    client: () => this.client,
    mode: () => this.mode,
    options: (way) => (way === 'device' ? { locale: 'ar' } : {}),
    show: (outcome) => this.shown.push(outcome),
  });
  answer: (query: string, options: SearchOptions) => Promise<Page> = async (query) => ({
    results: [sticker(`network ${query}`)],
    next: null,
  });

  last(): Outcome | null {
    return this.shown.at(-1) ?? null;
  }

  ids(): string[] | undefined {
    return this.last()?.stickers.map(({ id }) => id);
  }
}
