import { vi } from 'vitest';
import { Searcher, type SearchState } from '../src/searcher.ts';
import { TIMERS } from '../src/timers.ts';
import type { Device, Mode, Page, SearchClient, SearchOptions, Sticker } from '../src/types.ts';

export const IDLE_MS = 600;
export const MINUTE_MS = 60_000;

export const sticker = (id: string): Sticker => ({ id, name: id, emoji: '🐱', pack: 'core' });
export const onDevice: Device = { search: (query) => [sticker(`device ${query}`)], art: () => null };

/** Runs everything that waits for no timer. */
export const settle = () => vi.advanceTimersByTimeAsync(0);

/** A searcher with a device and a client that a test can replace, and a record of its requests and states. */
export class Bench {
  mode: Mode = 'network';
  device: Device | null = onDevice;
  local: readonly Sticker[] = [];
  readonly requests: { query: string; options: SearchOptions }[] = [];
  readonly shown: (SearchState | null)[] = [];
  readonly client: { -readonly [key in keyof SearchClient]: SearchClient[key] } = {
    search: async (query, options) => {
      this.requests.push({ query, options });
      return this.respond(query, options);
    },
  };
  readonly searcher = new Searcher({
    ...TIMERS,
    device: () => this.device,
    client: () => this.client,
    mode: () => this.mode,
    options: (way) => (way === 'device' ? { locale: 'ar' } : {}),
    local: (query) => this.local.filter(({ name }) => name.includes(query)),
    show: (state) => this.shown.push(state),
  });
  respond: (query: string, options: SearchOptions) => Promise<Page> = async (query) => ({
    results: [sticker(`network ${query}`)],
    next: null,
  });

  last(): SearchState | null {
    return this.shown.at(-1) ?? null;
  }

  ids(): string[] | undefined {
    return this.last()?.stickers.map(({ id }) => id);
  }
}
