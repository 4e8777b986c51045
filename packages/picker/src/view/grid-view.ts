import { move } from '../grid.ts';
import type { Art, Sticker } from '../types.ts';
import { artUrl } from '../art.ts';
import { h } from './dom.ts';

/** A pointer on its way to the star crosses stickers that it does not mean. */
const REST_MS = 60;

export interface GridHooks {
  readonly rtl: () => boolean;
  readonly art: (sticker: Sticker) => Art | null | Promise<Art | null>;
  readonly isFavourite: (sticker: Sticker) => boolean;
  readonly picked: (sticker: Sticker) => void;
  readonly favoured: (sticker: Sticker) => void;
  readonly current: (sticker: Sticker | null) => void;
  /** The keyboard leaves the grid for the search box, with what was typed. */
  readonly left: (typed: string) => void;
}

export interface GridView {
  readonly element: HTMLElement;
  show(stickers: readonly Sticker[], label: string): void;
  /** False when there is no cell to focus. */
  focus(): boolean;
  /** Draws the cells again, where favourites or the tone changed. */
  refresh(): void;
  has(sticker: Sticker): boolean;
}

/** A grid of stickers with one tab stop, which arrow keys move (ARIA Authoring Practices, grid). */
export function gridView(scroller: HTMLElement, hooks: GridHooks): GridView {
  const element = h('div', { class: 'grid', part: 'grid', role: 'grid', id: 'grid' });
  let stickers: readonly Sticker[] = [];
  let columns = 8;
  let at = 0;
  let cells: HTMLButtonElement[] = [];
  let resting: ReturnType<typeof setTimeout> | undefined;

  const nearby = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        nearby.unobserve(target);
        target.querySelectorAll('button').forEach((cell) => void draw(cell));
      }
    },
    { root: scroller, rootMargin: '240px' },
  );

  async function draw(cell: HTMLButtonElement): Promise<void> {
    const sticker = stickers[Number(cell.dataset['index'])];
    if (sticker === undefined) return;
    const pending = hooks.art(sticker);
    const art = pending instanceof Promise ? await pending.catch(() => null) : pending;
    const drawn = picture(sticker, art);
    if (cell.isConnected && !drawn.isEqualNode(cell.firstChild)) cell.replaceChildren(drawn);
  }

  function makeCell(sticker: Sticker, index: number): HTMLElement {
    const favourite = hooks.isFavourite(sticker);
    const cell = h('button', {
      type: 'button',
      class: favourite ? 'cell favourite' : 'cell',
      part: 'sticker',
      tabindex: index === at ? '0' : '-1',
      'aria-label': sticker.name,
      'data-index': `${index}`,
    });
    cells.push(cell);
    return h('span', { role: 'gridcell', class: 'slot' }, cell);
  }

  function render(): void {
    const focused = element.contains(focusedIn(element));
    nearby.disconnect();
    at = Math.max(0, Math.min(at, stickers.length - 1));
    build(0);
    if (focused) cells[at]?.focus();
  }

  /** Builds the rows from the one that begins with this sticker on; those before it stay. */
  function build(start: number): void {
    const stay = start / columns;
    while (element.children.length > stay) element.lastChild?.remove();
    cells.length = start;
    for (let from = start; from < stickers.length; from += columns) {
      const row = stickers.slice(from, from + columns).map((sticker, i) => makeCell(sticker, from + i));
      const attributes = { role: 'row', class: 'row', 'aria-rowindex': `${from / columns + 1}` };
      const made = h('div', attributes, ...row);
      element.append(made);
      nearby.observe(made);
    }
    element.setAttribute('aria-colcount', `${columns}`);
    element.setAttribute('aria-rowcount', `${element.children.length}`);
  }

  function go(index: number): void {
    cells[at]?.setAttribute('tabindex', '-1');
    at = index;
    cells[at]?.setAttribute('tabindex', '0');
    cells[at]?.focus();
  }

  const sized = new ResizeObserver(() => {
    const style = getComputedStyle(element);
    const cell = Number.parseFloat(style.getPropertyValue('--cell')) || 48;
    const fit = Math.max(1, Math.floor(element.clientWidth / cell));
    if (fit === columns || element.clientWidth === 0) return;
    columns = fit;
    element.style.setProperty('--columns', `${fit}`);
    render();
  });
  sized.observe(element);

  const stickerAt = (target: EventTarget | null): Sticker | null => {
    const cell = target instanceof Element ? target.closest<HTMLElement>('.cell') : null;
    return cell === null ? null : (stickers[Number(cell.dataset['index'])] ?? null);
  };
  const withSticker = (target: EventTarget | null, use: (sticker: Sticker) => void): void => {
    const sticker = stickerAt(target);
    if (sticker !== null) use(sticker);
  };

  element.addEventListener('click', ({ target }) => withSticker(target, hooks.picked));
  element.addEventListener('focusin', ({ target }) => {
    withSticker(target, (sticker) => {
      at = stickers.indexOf(sticker);
      cells.forEach((cell, i) => cell.setAttribute('tabindex', i === at ? '0' : '-1'));
      hooks.current(sticker);
    });
  });
  element.addEventListener('pointerover', ({ target }) => {
    clearTimeout(resting);
    resting = setTimeout(() => withSticker(target, hooks.current), REST_MS);
  });
  element.addEventListener('pointerleave', () => clearTimeout(resting));
  element.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    withSticker(event.target, hooks.favoured);
  });
  element.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.altKey || event.metaKey) return;
    if (key === 'Enter' && event.shiftKey) withSticker(target, hooks.favoured);
    else if (key === 'Escape') hooks.left('');
    else if (key === 'Backspace' || (Array.from(key).length === 1 && key !== ' ' && !event.ctrlKey))
      hooks.left(key);
    else {
      const row = cells[0]?.offsetHeight || 48;
      const pageRows = Math.max(1, Math.floor(scroller.clientHeight / row) - 1);
      const shape = { count: stickers.length, columns, pageRows, rtl: hooks.rtl() };
      const to = move(key, at, shape, event.ctrlKey);
      if (to === null) return;
      if (to < 0) hooks.left('');
      else go(to);
    }
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    element,
    show(list, label) {
      element.setAttribute('aria-label', label);
      const kept = stickers.length;
      const grown = kept > 0 && stickers.every((one, i) => one === list[i]);
      if (!grown && list[at]?.id !== stickers[at]?.id) at = 0;
      stickers = list;
      if (!grown) render();
      else if (list.length > kept) build(kept - (kept % columns));
    },
    focus() {
      cells[at]?.focus();
      return cells.length > 0;
    },
    refresh() {
      cells.forEach((cell, i) => {
        const sticker = stickers[i];
        if (sticker === undefined) return;
        cell.classList.toggle('favourite', hooks.isFavourite(sticker));
        if (cell.firstChild !== null) void draw(cell);
      });
    },
    has: (sticker) => stickers.includes(sticker),
  };
}

/** A drawing as an inert image; the emoji itself where no drawing can be had. */
export function picture({ emoji }: Sticker, art: Art | null): HTMLElement {
  const src = art === null ? null : artUrl(art);
  if (src === null) return h('span', { class: 'glyph', 'aria-hidden': 'true' }, emoji);
  return h('img', { class: 'art', alt: '', src, decoding: 'async', draggable: 'false' });
}

const focusedIn = (element: Element): Element | null => (element.getRootNode() as ShadowRoot).activeElement;
