import { h, icon } from './dom.ts';

/** One tab of the tab list. */
export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly icon: string;
}

/** A tab list in which arrow keys select (ARIA Authoring Practices, tabs). */
export class TabList {
  readonly element = h('div', { class: 'tabs', part: 'tabs', role: 'tablist' });
  readonly #onTab: (id: string) => void;
  #tabs: readonly Tab[] = [];
  #selected = 0;
  #rtl = false;

  constructor(onTab: (id: string) => void) {
    this.#onTab = onTab;
    this.element.addEventListener('click', ({ target }) => {
      const button = (target as Element).closest('button');
      if (button !== null) this.#select([...this.element.children].indexOf(button));
    });
    this.element.addEventListener('keydown', (event) => this.#keydown(event));
  }

  update(tabs: readonly Tab[], selected: string, rtl: boolean, label: string): void {
    const before = this.#tabs;
    this.#rtl = rtl;
    this.#tabs = tabs;
    this.#selected = Math.max(
      0,
      tabs.findIndex(({ id }) => id === selected),
    );
    this.element.setAttribute('aria-label', label);
    if (tabs.length !== before.length || tabs.some(({ id }, i) => id !== before[i]?.id)) {
      this.element.replaceChildren(...tabs.map(makeTab));
    }
    this.#buttons().forEach((button, i) => {
      button.setAttribute('aria-selected', `${i === this.#selected}`);
      button.tabIndex = i === this.#selected ? 0 : -1;
      button.setAttribute('aria-label', tabs[i]?.label ?? '');
      button.title = tabs[i]?.label ?? '';
    });
  }

  #buttons(): HTMLElement[] {
    return [...this.element.children] as HTMLElement[];
  }

  #keydown(event: KeyboardEvent): void {
    const last = this.#tabs.length - 1;
    const next = this.#selected === last ? 0 : this.#selected + 1;
    const previous = this.#selected === 0 ? last : this.#selected - 1;
    const to = new Map([
      ['ArrowRight', this.#rtl ? previous : next],
      ['ArrowLeft', this.#rtl ? next : previous],
      ['Home', 0],
      ['End', last],
    ]).get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#select(to);
  }

  #select(index: number): void {
    const tab = this.#tabs[index];
    if (tab === undefined) return;
    this.#onTab(tab.id);
    this.#buttons()[index]?.focus();
  }
}

const makeTab = (tab: Tab): HTMLElement =>
  h(
    'button',
    { type: 'button', role: 'tab', class: 'tab', part: 'tab', 'aria-controls': 'panel' },
    icon(tab.icon),
  );
