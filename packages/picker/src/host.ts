import type { Device, SearchClient } from './types.ts';

/** The element, as its controller sees it. */
export interface Host {
  readonly client: () => SearchClient | null;
  readonly device: () => Device | null;
  /** A valid BCP 47 tag. */
  readonly locale: () => string;
  readonly attribute: (name: 'categories' | 'enter' | 'locale' | 'mode' | 'packs') => string | null;
  readonly dispatch: (type: 'sticker-select' | 'sticker-results' | 'sticker-ready', detail: unknown) => void;
}
