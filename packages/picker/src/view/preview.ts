import type { Strings } from '../strings/index.ts';
import type { Art, Sticker } from '../types.ts';
import { h, icon } from './dom.ts';
import { picture } from './grid-view.ts';

export interface Preview {
  readonly element: HTMLElement;
  update(strings: Strings, sticker: Sticker | null, art: Art | null, favourite: boolean): void;
}

/** The sticker under the pointer or the focus, large and by name, and the star that keeps it. */
export function preview(starred: () => void): Preview {
  const large = h('span', { class: 'large' });
  const name = h('span', { class: 'name', part: 'preview-name' });
  const detail = h('span', { class: 'detail' });
  const star = h('button', { type: 'button', class: 'star', part: 'favourite' }, icon('favourites'));
  star.addEventListener('click', starred);
  const words = h('span', { class: 'words' }, name, detail);
  const element = h('div', { class: 'preview', part: 'preview' }, large, words, star);
  return {
    element,
    update(strings, sticker, art, favourite) {
      star.hidden = sticker === null;
      star.setAttribute('aria-pressed', `${favourite}`);
      name.textContent = sticker?.name ?? strings.pick;
      name.classList.toggle('hint', sticker === null);
      // The word that was found, unless it is the name or the emoji itself.
      const matched = sticker?.matched ?? '';
      const known = [sticker?.name.toLowerCase(), sticker?.emoji];
      detail.textContent = known.includes(matched.toLowerCase()) ? '' : matched;
      const label = `${strings.favour}: ${sticker?.name ?? ''}`;
      star.setAttribute('aria-label', label);
      star.title = favourite ? strings.unfavour : strings.favour;
      large.replaceChildren(...(sticker === null ? [] : [picture(sticker, art)]));
    },
  };
}
