import { PickerController } from './controller.ts';
import type { DeviceStorage } from './personal.ts';
import type { Device, Mode, SearchClient } from './types.ts';

/**
 * `<sotto-stickers>`: searches stickers on the device or over the private network, and dispatches
 * `sticker-select` when one is picked. Recents, favourites and skin tone stay on the device.
 */
export class SottoStickers extends HTMLElement {
  static readonly observedAttributes = ['locale', 'mode', 'packs'];

  #client: SearchClient | null = null;
  #device: Device | null = null;
  #storage: DeviceStorage | null | undefined;
  readonly #controller: PickerController;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    this.#controller = new PickerController(root, {
      client: () => this.#client,
      device: () => this.#device,
      locale: () => this.locale,
      attribute: (name) => this.getAttribute(name),
      dispatch: (type, detail) =>
        this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true })),
    });
  }

  /** Searches the private network. A `Client` of @sotto/client fits. */
  get client(): SearchClient | null {
    return this.#client;
  }
  set client(client: SearchClient | null) {
    if (client === this.#client) return; // frameworks set properties that did not change
    this.#client = client;
    this.#controller.optionsChanged();
  }

  /** Searches on the device. `createDevice` makes one. */
  get device(): Device | null {
    return this.#device;
  }
  set device(device: Device | null) {
    if (device === this.#device) return;
    this.#device = device;
    this.#controller.deviceChanged();
  }

  /** Where recents, favourites, skin tone and mode are stored: `localStorage` by default, null for nowhere. */
  get storage(): DeviceStorage | null {
    if (this.#storage === undefined) {
      try {
        this.#storage = globalThis.localStorage;
      } catch {
        this.#storage = null; // a frame without access to storage
      }
    }
    return this.#storage;
  }
  set storage(storage: DeviceStorage | null) {
    this.#storage = storage;
    this.#controller.openStorage(storage);
  }

  /**
   * Where to search: the person's own choice, then the attribute, then the device if there is one. In device
   * mode the network is never asked, even if the stickers on the device fail to load.
   */
  get mode(): Mode {
    return this.#controller.mode;
  }
  set mode(mode: Mode) {
    this.#controller.setMode(mode);
  }

  /** The locale of the interface and of search on the device. The network is told the attribute alone. */
  get locale(): string {
    const inherited = this.closest<HTMLElement>('[lang]')?.lang;
    return this.getAttribute('locale') || inherited || navigator.language || 'en';
  }
  set locale(locale: string) {
    this.setAttribute('locale', locale);
  }

  connectedCallback(): void {
    this.#controller.openStorage(this.storage);
    this.#controller.localeChanged();
  }

  disconnectedCallback(): void {
    this.#controller.stop();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    if (name === 'locale') this.#controller.localeChanged();
    this.#controller.optionsChanged();
  }
}
