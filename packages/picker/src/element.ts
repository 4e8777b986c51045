import { PickerController } from './controller.ts';
import { parseLocale } from './locale.ts';
import type { DeviceStorage } from './personal.ts';
import type { CustomSticker, Device, Mode, PersonalPacks, SearchClient } from './types.ts';

/** A server that renders pages has no HTMLElement. There, importing this module has no effect. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement);

/**
 * `<sotto-stickers>`: searches stickers on the device or over the private network, and dispatches
 * `sticker-select` when one is picked. Recents, favourites and skin tone stay on the device.
 */
export class SottoStickers extends Base {
  static readonly observedAttributes = ['categories', 'locale', 'mode', 'packs'];

  #client: SearchClient | null = null;
  #device: Device | null = null;
  #storage: DeviceStorage | null | undefined;
  #customStickers: readonly CustomSticker[] = [];
  #personalPacks: PersonalPacks | null = null;
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
    this.#upgradeProperties();
  }

  /**
   * Applies the properties that were set before the element was defined. They are own properties of the object
   * and would hide the accessors of this class.
   */
  #upgradeProperties(): void {
    const accessors = Object.getOwnPropertyDescriptors(SottoStickers.prototype);
    const own = Object.entries(accessors).filter(
      ([name, accessor]) => accessor.set !== undefined && Object.hasOwn(this, name),
    );
    for (const [name] of own) {
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
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

  /** Stickers of the page. They are searched on the device, in either mode, and never sent anywhere. */
  get customStickers(): readonly CustomSticker[] {
    return this.#customStickers;
  }
  set customStickers(stickers: readonly CustomSticker[]) {
    if (stickers === this.#customStickers) return;
    this.#customStickers = stickers;
    this.#controller.setCustomStickers(stickers);
  }

  /** Lets the person add packs of their own, which stay on this device: `personalPacks` of @sotto/picker/packs. */
  get personalPacks(): PersonalPacks | null {
    return this.#personalPacks;
  }
  set personalPacks(packs: PersonalPacks | null) {
    if (packs === this.#personalPacks) return;
    this.#personalPacks = packs;
    this.#controller.openPacks(packs);
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
   * mode the network is never used, even if the stickers on the device fail to load.
   */
  get mode(): Mode {
    return this.#controller.mode;
  }
  set mode(mode: Mode) {
    this.#controller.setMode(mode);
  }

  /**
   * The locale of the interface and of search on the device: the attribute, the page's `lang`, or the browser's
   * language, whichever first names a language. A search over the network contains only the language of the attribute.
   */
  get locale(): string {
    const inherited = this.closest<HTMLElement>('[lang]')?.lang;
    const wanted = [this.getAttribute('locale'), inherited, navigator.language];
    return wanted.map((text) => parseLocale(text ?? '')).find((tag) => tag !== null) ?? 'en';
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
