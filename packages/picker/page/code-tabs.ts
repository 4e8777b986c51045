import { $, make } from './dom.ts';
import type { Example } from './examples.ts';
import type { Words } from './words/index.ts';

/** The tabs of the examples, and the button that copies the one that is shown. */
export class CodeTabs {
  readonly #words: () => Words;
  #examples: readonly Example[] = [];
  #selected = 0;

  constructor(words: () => Words) {
    this.#words = words;
    $('#examples').addEventListener('keydown', (event) => this.#keydown(event));
    $('#copy').addEventListener('click', () => void this.#copy());
  }

  show(examples: readonly Example[]): void {
    this.#examples = examples;
    const tabs = examples.map(({ id, label }, i) => {
      const tab = make('button', '', label);
      tab.id = `tab-${id}`;
      tab.setAttribute('type', 'button');
      tab.setAttribute('role', 'tab');
      tab.setAttribute('aria-controls', 'code');
      tab.addEventListener('click', () => this.#select(i));
      return tab;
    });
    $('#examples').replaceChildren(...tabs);
    this.#select(0);
  }

  #select(index: number): void {
    this.#selected = index;
    [...$('#examples').children].forEach((tab, i) => {
      tab.setAttribute('aria-selected', `${i === index}`);
      (tab as HTMLElement).tabIndex = i === index ? 0 : -1;
    });
    const example = this.#examples[index];
    $('#example').textContent = example?.code ?? '';
    $('#code').setAttribute('aria-labelledby', `tab-${example?.id}`);
    $('#copy').textContent = this.#words().copy;
  }

  #keydown(event: KeyboardEvent): void {
    const rtl = document.documentElement.dir === 'rtl';
    const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const count = this.#examples.length;
    this.#select((this.#selected + step + count) % count);
    ($('#examples').children[this.#selected] as HTMLElement).focus();
  }

  async #copy(): Promise<void> {
    const { copied, select } = this.#words();
    const code = this.#examples[this.#selected]?.code ?? '';
    const text = await navigator.clipboard.writeText(code).then(
      () => copied,
      () => select,
    );
    $('#copy').textContent = text;
  }
}
