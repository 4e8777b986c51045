import { h, icon } from './dom.ts';

export interface Action {
  readonly label: string;
  readonly run: () => void;
}

export interface Message {
  readonly icon: string;
  readonly title: string;
  readonly hint: string;
  readonly actions: readonly Action[];
}

/** Fills the panel: why there are no stickers, and what to do. */
export const messagePage = ({ icon: name, title, hint, actions }: Message): HTMLElement =>
  h(
    'div',
    { class: 'state', part: 'state' },
    h('span', { class: 'badge' }, icon(name)),
    ...(title === '' ? [] : [h('p', { class: 'title' }, title)]),
    h('p', { class: 'hint' }, hint),
    actionRow(actions),
  );

/** A strip above the stickers that are shown. */
export const noticeStrip = ({ icon: name, title, hint, actions }: Message): HTMLElement =>
  h(
    'div',
    { class: 'notice', part: 'notice' },
    icon(name),
    h('div', {}, h('p', {}, title), h('p', { class: 'hint' }, hint), actionRow(actions)),
  );

/** A row of buttons above the stickers. */
export const toolbar = (actions: readonly Action[]): HTMLElement =>
  h('div', { class: 'toolbar', part: 'toolbar' }, actionRow(actions));

/** Placeholders while stickers load. */
export const skeleton = (): HTMLElement =>
  h('div', { class: 'skeleton', 'aria-hidden': 'true' }, ...Array.from({ length: 24 }, () => h('span')));

function actionRow(actions: readonly Action[]): HTMLElement {
  const buttons = actions.map(({ label, run }, i) => {
    const type = i === 0 ? 'button primary' : 'button';
    const button = h('button', { type: 'button', class: type, part: 'button' }, label);
    button.addEventListener('click', run);
    return button;
  });
  return h('div', { class: 'actions' }, ...buttons);
}
