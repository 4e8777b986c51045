import type { Strings } from '../strings/index.ts';
import type { Art, Sticker } from '../types.ts';
import { h, icon } from './dom.ts';
import { picture } from './picture.ts';

/** The current sticker, large and with its name, and a star that makes it a favourite. */
export class Preview {
  readonly #large = h('span', { class: 'large' });
  readonly #name = h('span', { class: 'name', part: 'preview-name' });
  readonly #detail = h('span', { class: 'detail' });
  readonly #star = h('button', { type: 'button', class: 'star', part: 'favourite' }, icon('favourites'));
  readonly element = h(
    'div',
    { class: 'preview', part: 'preview' },
    this.#large,
    h('span', { class: 'words' }, this.#name, this.#detail),
    this.#star,
  );

  constructor(onStar: () => void) {
    this.#star.addEventListener('click', onStar);
  }

  update(strings: Strings, sticker: Sticker | null, art: Art | null, favourite: boolean): void {
    this.#name.textContent = sticker?.name ?? strings.pick;
    this.#name.classList.toggle('hint', sticker === null);
    this.#detail.textContent = sticker === null ? '' : matchedWord(sticker);
    this.#star.hidden = sticker === null;
    this.#star.setAttribute('aria-pressed', `${favourite}`);
    this.#star.setAttribute('aria-label', `${strings.favour}: ${sticker?.name ?? ''}`);
    this.#star.title = favourite ? strings.unfavour : strings.favour;
    this.#large.replaceChildren(...(sticker === null ? [] : [picture(sticker, art)]));
  }
}

/** The word that matched the search, unless it is the name or the emoji itself. */
function matchedWord({ matched, name, emoji }: Sticker): string {
  const word = matched ?? '';
  return [name.toLowerCase(), emoji].includes(word.toLowerCase()) ? '' : word;
}
