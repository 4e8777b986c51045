import { move } from '../grid.ts';
import type { Art, Sticker } from '../types.ts';
import { h } from './dom.ts';
import { startDrag } from './drag.ts';
import { onLongPress } from './long-press.ts';
import { picture } from './picture.ts';

/** How long the pointer must rest on a sticker before the preview shows it, so that crossing the grid changes nothing. */
const HOVER_MS = 60;
/** Columns, unless the page sets the size of the cells. */
const FEWEST = 4;
const MOST = 6;
/** How far outside the visible area art is already drawn, in pixels. */
const DRAW_AHEAD = 240;
/** How long a frame is waited for. */
const FRAME_MS = 500;

export interface GridHooks {
  readonly isRtl: () => boolean;
  readonly art: (sticker: Sticker) => Art | null | Promise<Art | null>;
  readonly isFavourite: (sticker: Sticker) => boolean;
  readonly onPick: (sticker: Sticker) => void;
  readonly onFavourite: (sticker: Sticker) => void;
  /** A right click or a long press on this sticker. */
  readonly onPreview: (sticker: Sticker) => void;
  /** This sticker was dragged out of the picker and dropped. */
  readonly onDrop: (sticker: Sticker) => void;
  /** The emoji with the person's skin tone. */
  readonly emoji: (sticker: Sticker) => string;
  /** The focus or the pointer is on this sticker. */
  readonly onCurrent: (sticker: Sticker) => void;
  /** The keyboard leaves the grid for the search box, with the key that was typed or ''. */
  readonly onLeave: (key: string) => void;
}

/** A grid of stickers with one tab stop, which the arrow keys move (ARIA Authoring Practices, grid). */
export class StickerGrid {
  readonly element = h('div', { class: 'grid', part: 'grid', role: 'grid', id: 'grid' });
  readonly #scroller: HTMLElement;
  readonly #hooks: GridHooks;
  readonly #nearby: IntersectionObserver;
  #stickers: readonly Sticker[] = [];
  #cells: HTMLButtonElement[] = [];
  #columns = FEWEST;
  #active = 0; // index of the cell that is the tab stop
  #hoverTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(scroller: HTMLElement, hooks: GridHooks) {
    this.#scroller = scroller;
    this.#hooks = hooks;
    const options = { root: scroller, rootMargin: `${DRAW_AHEAD}px` };
    this.#nearby = new IntersectionObserver((entries) => this.#drawRows(entries), options);
    new ResizeObserver(() => this.#resize()).observe(this.element);
    this.#listenToPointer();
    this.element.addEventListener('focusin', ({ target }) => this.#focused(target));
    this.element.addEventListener('keydown', (event) => this.#keydown(event));
  }

  /** Shows these stickers. If they continue the list that is shown, the cells that are there stay. */
  show(stickers: readonly Sticker[], label: string): void {
    this.element.setAttribute('aria-label', label);
    const before = this.#stickers;
    const grown = before.length > 0 && before.every((sticker, i) => looksLike(sticker, stickers[i]));
    if (!grown && stickers[this.#active]?.id !== before[this.#active]?.id) this.#active = 0;
    this.#stickers = stickers;
    if (!grown) this.#rebuild();
    else if (stickers.length > before.length) this.#build(before.length - (before.length % this.#columns));
  }

  /** Focuses the active cell. Returns false if the grid is empty. */
  focus(): boolean {
    this.#cells[this.#active]?.focus();
    return this.#cells.length > 0;
  }

  /** Draws the cells again after favourites or the skin tone changed. */
  refresh(): void {
    this.#cells.forEach((cell, i) => {
      const sticker = this.#stickers[i];
      if (sticker === undefined) return;
      cell.classList.toggle('favourite', this.#hooks.isFavourite(sticker));
      if (cell.firstChild !== null) void this.#draw(cell);
    });
  }

  /** Resolves when the images of the first row are decoded and painted, or after a moment in a hidden page. */
  async painted(): Promise<void> {
    await frame();
    await frame(); // the observer has called back
    const images = this.element.firstElementChild?.querySelectorAll('img') ?? [];
    await Promise.all([...images].map((image) => image.decode().catch(() => undefined)));
    await frame();
  }

  has(sticker: Sticker): boolean {
    return this.#stickers.some(({ id }) => id === sticker.id);
  }

  #rebuild(): void {
    const focused = this.element.contains((this.element.getRootNode() as ShadowRoot).activeElement);
    this.#nearby.disconnect();
    this.#active = Math.max(0, Math.min(this.#active, this.#stickers.length - 1));
    this.#build(0);
    if (focused) this.#cells[this.#active]?.focus();
  }

  /** Builds the rows from the one that begins with sticker `start`. The rows before it stay. */
  #build(start: number): void {
    const keep = start / this.#columns;
    while (this.element.children.length > keep) this.element.lastChild?.remove();
    this.#cells.length = start;
    for (let from = start; from < this.#stickers.length; from += this.#columns) {
      const stickers = this.#stickers.slice(from, from + this.#columns);
      const cells = stickers.map((sticker, i) => this.#makeCell(sticker, from + i));
      const attributes = { role: 'row', class: 'row', 'aria-rowindex': `${from / this.#columns + 1}` };
      const row = h('div', attributes, ...cells);
      this.element.append(row);
      this.#nearby.observe(row);
    }
    this.element.setAttribute('aria-colcount', `${this.#columns}`);
    this.element.setAttribute('aria-rowcount', `${this.element.children.length}`);
  }

  #makeCell(sticker: Sticker, index: number): HTMLElement {
    const favourite = this.#hooks.isFavourite(sticker);
    const cell = h('button', {
      type: 'button',
      draggable: 'true',
      class: favourite ? 'cell favourite' : 'cell',
      part: 'sticker',
      tabindex: index === this.#active ? '0' : '-1',
      'aria-label': sticker.name,
      'data-index': `${index}`,
    });
    this.#cells.push(cell);
    return h('span', { role: 'gridcell', class: 'slot' }, cell);
  }

  #drawRows(entries: readonly IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#nearby.unobserve(target);
      target.querySelectorAll('button').forEach((cell) => void this.#draw(cell));
    }
  }

  async #draw(cell: HTMLButtonElement): Promise<void> {
    const sticker = this.#stickerOf(cell);
    if (sticker === null) return;
    const pending = this.#hooks.art(sticker);
    const art = pending instanceof Promise ? await pending.catch(() => null) : pending;
    const image = picture(sticker, art);
    if (cell.isConnected && !image.isEqualNode(cell.firstChild)) cell.replaceChildren(image);
  }

  #resize(): void {
    const style = getComputedStyle(this.element);
    const cell = Number.parseFloat(style.getPropertyValue('--cell')) || 80;
    const fit = Math.floor(this.element.clientWidth / cell);
    const sized = style.getPropertyValue('--sotto-cell-size') !== '';
    const columns = Math.max(sized ? 1 : FEWEST, Math.min(sized ? fit : MOST, fit));
    if (columns === this.#columns || this.element.clientWidth === 0) return;
    this.#columns = columns;
    this.element.style.setProperty('--columns', `${columns}`);
    this.#rebuild();
  }

  #stickerOf(target: EventTarget | null): Sticker | null {
    const cell = target instanceof Element ? target.closest<HTMLElement>('.cell') : null;
    return cell === null ? null : (this.#stickers[Number(cell.dataset['index'])] ?? null);
  }

  #listenToPointer(): void {
    const { onPick, onPreview, onDrop, onCurrent, emoji } = this.#hooks;
    const listen = (type: string, run: (sticker: Sticker, event: Event) => void): void =>
      this.element.addEventListener(type, (event) => {
        const sticker = this.#stickerOf(event.target);
        if (sticker !== null) run(sticker, event);
      });
    onLongPress(this.element, (target) => {
      const sticker = this.#stickerOf(target);
      if (sticker !== null) onPreview(sticker);
    });
    listen('click', onPick);
    listen('dragstart', (sticker, event) => startDrag(event as DragEvent, sticker, emoji(sticker)));
    listen('dragend', (sticker, event) => {
      if ((event as DragEvent).dataTransfer?.dropEffect !== 'none') onDrop(sticker);
    });
    this.element.addEventListener('pointerover', () => clearTimeout(this.#hoverTimer));
    listen('pointerover', (sticker) => {
      this.#hoverTimer = setTimeout(() => onCurrent(sticker), HOVER_MS);
    });
    this.element.addEventListener('pointerleave', () => clearTimeout(this.#hoverTimer));
  }

  #focused(target: EventTarget | null): void {
    const sticker = this.#stickerOf(target);
    if (sticker === null) return;
    this.#activate(this.#stickers.indexOf(sticker));
    this.#hooks.onCurrent(sticker);
  }

  #activate(index: number): void {
    this.#cells[this.#active]?.setAttribute('tabindex', '-1');
    this.#active = index;
    this.#cells[index]?.setAttribute('tabindex', '0');
  }

  #keydown(event: KeyboardEvent): void {
    const { key, target } = event;
    if (event.altKey || event.metaKey) return;
    const sticker = this.#stickerOf(target);
    if (key === 'Enter' && event.shiftKey && sticker !== null) this.#hooks.onFavourite(sticker);
    else if (key === 'Escape') this.#hooks.onLeave('');
    else if (key === 'Backspace' || isTyped(event)) this.#hooks.onLeave(key);
    else {
      const to = move(key, this.#active, this.#shape(), event.ctrlKey);
      if (to === null) return;
      if (to < 0) this.#hooks.onLeave('');
      else {
        this.#activate(to);
        this.focus();
      }
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #shape() {
    const rowHeight = this.#cells[0]?.offsetHeight || 80;
    const pageRows = Math.max(1, Math.floor(this.#scroller.clientHeight / rowHeight) - 1);
    return { count: this.#stickers.length, columns: this.#columns, pageRows, rtl: this.#hooks.isRtl() };
  }
}

/** Whether a key types a character. Space does not: it presses the focused cell. */
const isTyped = ({ key, ctrlKey }: KeyboardEvent): boolean =>
  Array.from(key).length === 1 && key !== ' ' && !ctrlKey;

/** Whether a cell of one sticker can stay for another. */
const looksLike = (a: Sticker, b: Sticker | undefined): boolean =>
  a === b || (a.id === b?.id && a.name === b.name && (b.art === undefined || b.art === a.art));

const frame = (): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, FRAME_MS); // a page in the background has no frames
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
