import type { PersonalPack, PersonalPacks } from './types.ts';
import type { PackActions } from './view/content.ts';

/** Adds and removes the person's packs, and says how that goes. */
export class PackManager {
  readonly #onChange: () => void;
  #store: PersonalPacks | null = null;
  #packs: readonly PersonalPack[] = [];
  #status: PackActions['status'] = null;

  /** @param onChange - called when the packs or the status changed */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get packs(): readonly PersonalPack[] {
    return this.#packs;
  }

  get actions(): PackActions {
    return {
      packs: this.#packs,
      status: this.#status,
      addFile: () => this.#choose({ multiple: true, accept: '.zip,image/*' }),
      addFolder: () => this.#choose({ webkitdirectory: true }),
      remove: (id) => void this.#run((store) => store.remove(id)),
    };
  }

  async open(store: PersonalPacks | null): Promise<void> {
    this.#store = store;
    this.#packs = [];
    if (store === null) this.#onChange();
    else await this.#run(() => Promise.resolve());
  }

  async add(files: readonly File[]): Promise<void> {
    if (files.length > 0) await this.#run((store) => store.add(files));
  }

  /** Opens the browser's dialog for files or for a folder. */
  #choose({ multiple = false, webkitdirectory = false, accept = '' }): void {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple, webkitdirectory, accept });
    input.addEventListener('change', () => void this.add([...(input.files ?? [])]));
    input.click();
  }

  async #run(task: (store: PersonalPacks) => Promise<unknown>): Promise<void> {
    const store = this.#store;
    if (store === null) return;
    this.#set('adding');
    try {
      await task(store);
      this.#packs = await store.list();
      this.#set(null);
    } catch (error) {
      this.#set((error as { code?: unknown } | null)?.code === 'not-stored' ? 'notStored' : 'noImages');
    }
  }

  #set(status: PackActions['status']): void {
    this.#status = status;
    this.#onChange();
  }
}
