import { SottoStickers } from './element.ts';

export { SottoStickers };
export { addStrings, type Strings } from './strings/index.ts';
export type { DeviceStorage } from './shelf.ts';
export type * from './types.ts';

if (!customElements.get('sotto-stickers')) customElements.define('sotto-stickers', SottoStickers);

declare global {
  interface HTMLElementTagNameMap {
    'sotto-stickers': SottoStickers;
  }
}
