import { h, icon } from './dom.ts';

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly icon: string;
}

export interface Tabs {
  readonly element: HTMLElement;
  update(tabs: readonly Tab[], selected: string, rtl: boolean, label: string): void;
}

/** A tab list in which arrow keys select (ARIA Authoring Practices, tabs). */
export function tabList(chosen: (id: string) => void): Tabs {
  const element = h('div', { class: 'tabs', part: 'tabs', role: 'tablist' });
  let shown: readonly Tab[] = [];
  let at = 0;
  let rightToLeft = false;

  function select(index: number): void {
    const tab = shown[index];
    if (tab === undefined) return;
    chosen(tab.id);
    (element.children[index] as HTMLElement | undefined)?.focus();
  }

  element.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest('button');
    if (button !== null) select([...element.children].indexOf(button));
  });
  element.addEventListener('keydown', (event) => {
    const last = shown.length - 1;
    const next = at === last ? 0 : at + 1;
    const previous = at === 0 ? last : at - 1;
    const to = new Map([
      ['ArrowRight', rightToLeft ? previous : next],
      ['ArrowLeft', rightToLeft ? next : previous],
      ['Home', 0],
      ['End', last],
    ]).get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    select(to);
  });

  return {
    element,
    update(tabs, selected, rtl, label) {
      rightToLeft = rtl;
      element.setAttribute('aria-label', label);
      if (tabs.length !== shown.length || tabs.some(({ id }, i) => id !== shown[i]?.id)) {
        element.replaceChildren(
          ...tabs.map((tab) =>
            h(
              'button',
              { type: 'button', role: 'tab', class: 'tab', part: 'tab', 'aria-controls': 'panel' },
              icon(tab.icon),
            ),
          ),
        );
      }
      shown = tabs;
      at = Math.max(
        0,
        tabs.findIndex(({ id }) => id === selected),
      );
      [...element.children].forEach((button, i) => {
        button.setAttribute('aria-selected', `${i === at}`);
        button.setAttribute('tabindex', i === at ? '0' : '-1');
        button.setAttribute('aria-label', tabs[i]?.label ?? '');
        (button as HTMLElement).title = tabs[i]?.label ?? '';
      });
    },
  };
}
