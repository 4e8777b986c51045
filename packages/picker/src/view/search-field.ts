import type { Strings } from '../strings/index.ts';
import { h, icon } from './dom.ts';
import { isForInputMethod } from './text-events.ts';

export interface SearchFieldHooks {
  readonly onType: (text: string) => void;
  /** An input method started to compose text. The text in the box is unfinished until the next `onType`. */
  readonly onCompose: () => void;
  /** Enter was pressed, not held. */
  readonly onSubmit: () => void;
  /** The down arrow was pressed: focus moves into the grid. */
  readonly onLeave: () => void;
}

/** The search box: an input and a button that clears it. */
export class SearchField {
  readonly input = h('input', {
    part: 'search',
    type: 'text',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-haspopup': 'grid',
    'aria-controls': 'grid',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    enterkeyhint: 'search',
    maxlength: '128',
  });
  readonly #clear = h('button', { type: 'button', class: 'clear', part: 'clear', hidden: '' }, icon('close'));
  readonly element = h('div', { class: 'box', part: 'search-box' }, icon('search'), this.input, this.#clear);
  readonly #hooks: SearchFieldHooks;

  constructor(hooks: SearchFieldHooks) {
    this.#hooks = hooks;
    this.input.addEventListener('input', (event) => {
      if (!event.isComposing) this.#changed();
    });
    this.input.addEventListener('compositionstart', () => hooks.onCompose());
    this.input.addEventListener('compositionend', () => this.#changed());
    this.input.addEventListener('keydown', (event) => this.#keydown(event));
    this.#clear.addEventListener('click', () => {
      this.#set('');
      this.input.focus();
    });
  }

  update(strings: Strings, expanded: boolean): void {
    this.input.placeholder = strings.search;
    this.input.setAttribute('aria-label', strings.search);
    this.input.setAttribute('aria-expanded', `${expanded}`);
    this.#clear.setAttribute('aria-label', strings.clear);
  }

  /** Takes the focus, and applies a key that was pressed in the grid: one character, `Backspace`, or nothing. */
  enter(key: string): void {
    this.input.focus();
    const { value } = this.input;
    if (key === 'Backspace') this.#set(Array.from(value).slice(0, -1).join(''));
    else if (key !== '') this.#set(value + key);
  }

  #keydown(event: KeyboardEvent): void {
    if (isForInputMethod(event)) return;
    if (event.key === 'ArrowDown') this.#hooks.onLeave();
    else if (event.key === 'Enter') {
      if (!event.repeat) this.#hooks.onSubmit();
    } else if (event.key === 'Escape' && this.input.value !== '') this.#set('');
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #set(text: string): void {
    this.input.value = text;
    this.#changed();
  }

  #changed(): void {
    this.#clear.hidden = this.input.value === '';
    this.#hooks.onType(this.input.value);
  }
}
