import type { HTMLAttributes, Ref } from 'react';
import type { SottoStickers, StickerResults, StickerSelect } from './index.ts';

/** `<sotto-stickers>` in JSX, for React 19 and later, which sets properties and adds listeners by itself. */
export interface SottoStickersProps extends HTMLAttributes<SottoStickers> {
  ref?: Ref<SottoStickers>;
  client?: SottoStickers['client'];
  device?: SottoStickers['device'];
  storage?: SottoStickers['storage'];
  customStickers?: SottoStickers['customStickers'];
  personalPacks?: SottoStickers['personalPacks'];
  categories?: string;
  mode?: 'device' | 'network';
  locale?: string;
  packs?: string;
  theme?: 'light' | 'dark';
  enter?: 'pick' | 'focus';
  'onsticker-select'?: (event: CustomEvent<StickerSelect>) => void;
  'onsticker-results'?: (event: CustomEvent<StickerResults>) => void;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'sotto-stickers': SottoStickersProps;
    }
  }
}
