import { SottoStickers } from './element.ts';
import type { StickerResults, StickerSelect } from './types.ts';

export { SottoStickers };
export { addStrings, type Strings } from './strings/index.ts';
export type { DeviceStorage } from './personal.ts';
export type * from './types.ts';

const registry = globalThis.customElements as CustomElementRegistry | undefined; // absent on a server
if (registry?.get('sotto-stickers') === undefined) registry?.define('sotto-stickers', SottoStickers);

declare global {
  interface HTMLElementTagNameMap {
    'sotto-stickers': SottoStickers;
  }
  interface HTMLElementEventMap {
    'sticker-select': CustomEvent<StickerSelect>;
    'sticker-results': CustomEvent<StickerResults>;
    /** The first stickers are painted, once for each element: a page can load now what it did not need before. */
    'sticker-ready': CustomEvent<null>;
  }
}
