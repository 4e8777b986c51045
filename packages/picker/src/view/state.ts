import { h, icon } from './dom.ts';

export interface Action {
  readonly label: string;
  readonly run: () => void;
}

export interface State {
  readonly icon: string;
  readonly title: string;
  readonly hint: string;
  readonly actions: readonly Action[];
}

const buttons = (actions: readonly Action[]): HTMLElement[] =>
  actions.map(({ label, run }, i) => {
    const type = i === 0 ? 'button primary' : 'button';
    const button = h('button', { type: 'button', class: type, part: 'button' }, label);
    button.addEventListener('click', run);
    return button;
  });

/** The whole panel: nothing to show, why, and what to do. */
export const emptyState = ({ icon: name, title, hint, actions }: State): HTMLElement =>
  h(
    'div',
    { class: 'state', part: 'state' },
    h('span', { class: 'badge' }, icon(name)),
    ...(title === '' ? [] : [h('p', { class: 'title' }, title)]),
    h('p', { class: 'hint' }, hint),
    h('div', { class: 'actions' }, ...buttons(actions)),
  );

/** A strip above stickers that are there all the same. */
export const notice = ({ icon: name, title, hint, actions }: State): HTMLElement =>
  h(
    'div',
    { class: 'notice', part: 'notice' },
    icon(name),
    h(
      'div',
      {},
      h('p', {}, title),
      h('p', { class: 'hint' }, hint),
      h('div', { class: 'actions' }, ...buttons(actions)),
    ),
  );

/** Shapes of stickers to come. */
export const skeleton = (): HTMLElement =>
  h('div', { class: 'skeleton', 'aria-hidden': 'true' }, ...Array.from({ length: 24 }, () => h('span')));
