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
  /**
   * Ids of the tabs to show, in this order: `recents favourites frequent mine custom smileys people animals food travel activities objects
   * symbols flags`, the id of a pack, or the name of a group of your own. Default: all.
   */
  categories?: string;
  /** Where to search. The person's last choice has priority. Default: the device if there is one, else the network. */
  mode?: 'device' | 'network';
  /**
   * Language of the interface and of the search, such as `pt-BR`. Default: the page's `lang`, then the browser's language; the network is
   * then told no locale.
   */
  locale?: string;
  /** Ids of the packs to search, separated by spaces. Default: all. */
  packs?: string;
  /** The colours. Default: the setting of the system. */
  theme?: 'light' | 'dark';
  /**
   * What Enter in the search box does when results are there: `pick` picks the first; `focus` moves to the grid, for pages where Enter also
   * sends a message. Default: `pick`.
   */
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
