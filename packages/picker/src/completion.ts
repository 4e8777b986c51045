import { directionOf, normalizeLocale } from './locale.ts';
import { stringsFor } from './strings/index.ts';
import { isForInputMethod } from './view/text-events.ts';
import type { Device, Sticker } from './types.ts';

const MOST = 8; // suggestions
/** A colon at the start of a word and at least two characters, directly before the caret. */
const SHORTCODE = /(?:^|\s):([\p{L}\p{N}_+-]{2,})(:?)$/u;
let lists = 0;

/** Where a completion finds its stickers. */
export interface CompletionOptions {
  /** Searches on the device. Nothing that is typed is sent anywhere. */
  readonly device: Device;
  readonly locale?: string;
}

/**
 * Completes `:shortcodes` in a text field: `:hea` lists stickers, and Enter or Tab puts the emoji in its place. A second
 * colon takes the first one.
 *
 * @returns a function that removes the completion from the field
 */
export function completeShortcodes(
  field: HTMLInputElement | HTMLTextAreaElement,
  { device, locale = navigator.language }: CompletionOptions,
): () => void {
  const completion = new Completion(field, device, normalizeLocale(locale));
  return () => completion.remove();
}

class Completion {
  readonly #field: HTMLInputElement | HTMLTextAreaElement;
  readonly #device: Device;
  readonly #locale: string;
  readonly #list = document.createElement('div');
  readonly #events = new AbortController();
  #stickers: readonly Sticker[] = [];
  #active = 0;
  #turn = 0; // rises with each change of the text; results of an older turn are dropped

  constructor(field: HTMLInputElement | HTMLTextAreaElement, device: Device, locale: string) {
    this.#field = field;
    this.#device = device;
    this.#locale = locale;
    this.#list.id = `sotto-completion-${++lists}`;
    this.#list.setAttribute('role', 'listbox');
    this.#list.hidden = true;
    this.#list.dir = directionOf(locale);
    field.setAttribute('aria-autocomplete', 'list');
    field.setAttribute('aria-controls', this.#list.id);
    this.#list.setAttribute('aria-label', stringsFor(locale).stickers);
    field.after(this.#list);
    const { signal } = this.#events;
    field.addEventListener(
      'input',
      (event) => {
        if (!(event as InputEvent).isComposing) void this.#typed();
      },
      { signal },
    );
    field.addEventListener('compositionend', () => void this.#typed(), { signal });
    field.addEventListener('keydown', (event) => this.#keydown(event as KeyboardEvent), {
      signal,
      capture: true,
    });
    field.addEventListener('blur', () => this.#close(), { signal });
    this.#list.addEventListener('pointerdown', (event) => this.#pressed(event), { signal });
  }

  remove(): void {
    this.#events.abort();
    this.#close();
    this.#list.remove();
    for (const name of ['aria-autocomplete', 'aria-controls']) this.#field.removeAttribute(name);
  }

  async #typed(): Promise<void> {
    const turn = ++this.#turn;
    const shortcode = this.#shortcode();
    if (shortcode === null) return this.#close();
    const query = shortcode.name.replace(/[_-]+/g, ' ');
    const found = await Promise.resolve(
      this.#device.search(query, { locale: this.#locale, limit: MOST }),
    ).catch(() => []);
    if (turn !== this.#turn) return;
    const stickers = 'results' in found ? found.results : found;
    this.#stickers = stickers.filter(({ emoji }) => emoji !== '').slice(0, MOST);
    this.#active = 0;
    if (shortcode.closed) this.#insert();
    else this.#show();
  }

  /** The shortcode before the caret, and whether a colon closes it. */
  #shortcode(): { readonly name: string; readonly closed: boolean; readonly length: number } | null {
    const caret = this.#field.selectionStart ?? 0;
    if (caret !== this.#field.selectionEnd) return null;
    const [, name, colon] = SHORTCODE.exec(this.#field.value.slice(0, caret)) ?? [];
    return name === undefined
      ? null
      : { name, closed: colon === ':', length: name.length + 1 + (colon?.length ?? 0) };
  }

  #show(): void {
    const options = this.#stickers.map(({ emoji, name }, i) => {
      const option = document.createElement('div');
      option.id = `${this.#list.id}-${i}`;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', `${i === this.#active}`);
      option.textContent = `${emoji} ${name}`;
      option.style.cssText = `padding:6px 10px;border-radius:8px;cursor:pointer;background:${i === this.#active ? 'Highlight' : 'none'};color:${i === this.#active ? 'HighlightText' : 'inherit'}`;
      return option;
    });
    this.#list.replaceChildren(...options);
    this.#list.hidden = options.length === 0;
    if (options.length === 0) return this.#close();
    const { left, bottom, width } = this.#field.getBoundingClientRect();
    this.#list.style.cssText = `position:fixed;z-index:2147483647;left:${left}px;top:${bottom + 4}px;max-width:${Math.max(width, 200)}px;padding:4px;font:14px/1.4 system-ui,sans-serif;color:CanvasText;background:Canvas;border:1px solid GrayText;border-radius:12px;box-shadow:0 8px 28px #0003`;
    this.#field.setAttribute('aria-activedescendant', `${this.#list.id}-${this.#active}`);
  }

  #close(): void {
    this.#turn++;
    this.#stickers = [];
    this.#list.hidden = true;
    this.#field.removeAttribute('aria-activedescendant');
  }

  #keydown(event: KeyboardEvent): void {
    if (this.#list.hidden || isForInputMethod(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      this.#active = (this.#active + step + this.#stickers.length) % this.#stickers.length;
      this.#show();
    } else if (event.key === 'Enter' || event.key === 'Tab') this.#insert();
    else if (event.key === 'Escape') this.#close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation(); // Enter must not send the message as well
  }

  #pressed(event: PointerEvent): void {
    event.preventDefault(); // the field keeps the focus
    const option = (event.target as Element).closest('[role=option]');
    const index = [...this.#list.children].indexOf(option ?? this.#list);
    if (index < 0) return;
    this.#active = index;
    this.#insert();
  }

  /** Puts the emoji of the active suggestion in place of the shortcode. */
  #insert(): void {
    const emoji = this.#stickers[this.#active]?.emoji;
    const shortcode = this.#shortcode();
    this.#close();
    if (emoji === undefined || shortcode === null) return;
    const caret = this.#field.selectionStart ?? 0;
    this.#field.setRangeText(emoji, caret - shortcode.length, caret, 'end');
    this.#field.dispatchEvent(
      new InputEvent('input', { bubbles: true, inputType: 'insertReplacementText', data: emoji }),
    );
  }
}
