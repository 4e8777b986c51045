import { Groups } from './groups.ts';
import { Searcher, type Outcome } from './searcher.ts';
import * as shelf from './shelf.ts';
import { directionOf, languageOf, stringsFor, tagOf, type Strings } from './strings/index.ts';
import { tonedArt, tonedEmoji } from './tone.ts';
import type {
  Art,
  Device,
  Group,
  Mode,
  SearchClient,
  SearchOptions,
  Sticker,
  StickerResults,
  StickerSelect,
} from './types.ts';
import { browsed, counted, found, told } from './view/content.ts';
import { frame, type Frame } from './view/frame.ts';
import type { Tab } from './view/tabs.ts';

const ANNOUNCE_MS = 300;
const OWN_TABS = ['recents', 'favourites'] as const;

/**
 * `<sotto-stickers>`: searches stickers on the device or over the private network, and says which was
 * picked by `sticker-select`. Recents, favourites and skin tone stay on the device.
 */
export class SottoStickers extends HTMLElement {
  static readonly observedAttributes = ['locale', 'mode', 'packs'];

  #client: SearchClient | null = null;
  #device: Device | null = null;
  #storage: shelf.DeviceStorage | null | undefined;
  #kept: shelf.Kept = shelf.NOTHING;
  #written = true; // what is kept stands in storage too
  #recents: readonly Sticker[] = []; // as they stood when the tab was opened: picking moves nothing
  readonly #groups = new Groups();
  #tab: string | null = null;
  #current: Sticker | null = null;
  #strings: Strings = stringsFor('en');
  #announcing: ReturnType<typeof setTimeout> | undefined;
  readonly #view: Frame;
  readonly #searcher: Searcher;

  constructor() {
    super();
    this.#searcher = new Searcher({
      now: () => performance.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      device: () => this.#device,
      client: () => this.#client,
      mode: () => this.mode,
      options: (mode) => this.#options(mode),
      show: (outcome) => this.#searched(outcome),
    });
    this.#view = frame(this.attachShadow({ mode: 'open', delegatesFocus: true }), {
      rtl: () => this.#rtl,
      art: (sticker) => this.#art(sticker),
      isFavourite: (sticker) => shelf.isFavourite(this.#kept, sticker),
      picked: (sticker) => void this.#pick(sticker),
      favoured: (sticker) => this.#favour(sticker),
      current: (sticker) => this.#point(sticker),
      typed: (text) => void this.#searcher.typed(text),
      submitted: () => this.#searcher.submitted(),
      tabbed: (id) => this.#choose(id),
      moded: (mode) => (this.mode = mode),
      toned: (tone) => this.#keep((kept) => ({ ...kept, tone }), true),
      starred: () => this.#current && this.#favour(this.#current),
      more: () => this.#searcher.more(),
    });
  }

  /** The private network. */
  get client(): SearchClient | null {
    return this.#client;
  }
  set client(client: SearchClient | null) {
    if (client === this.#client) return; // frameworks set what was set
    this.#client = client;
    void this.#searcher.again(true);
    this.#render();
  }

  /** Search on the device. */
  get device(): Device | null {
    return this.#device;
  }
  set device(device: Device | null) {
    if (device === this.#device) return;
    this.#device = device;
    void this.#searcher.again();
    void this.#browse();
  }

  /** Where recents, favourites, skin tone and mode are kept: `localStorage`, or null for nowhere. */
  get storage(): shelf.DeviceStorage | null {
    if (this.#storage === undefined) {
      try {
        this.#storage = globalThis.localStorage;
      } catch {
        this.#storage = null; // a frame that may store nothing
      }
    }
    return this.#storage;
  }
  set storage(storage: shelf.DeviceStorage | null) {
    this.#storage = storage;
    this.#read();
  }

  /**
   * The person's own choice first, then the attribute; where neither speaks, the device if it can be searched. Who
   * chose the device never asks the network, though the device's stickers be late or lost.
   */
  get mode(): Mode {
    if (this.#client === null) return 'device';
    const asked = this.#kept.mode ?? this.getAttribute('mode');
    if (asked === 'network' || asked === 'device') return asked;
    return this.#device === null ? 'network' : 'device';
  }
  set mode(mode: Mode) {
    this.#keep((kept) => ({ ...kept, mode }));
    void this.#searcher.again();
  }

  /** Of the interface and of search on the device; the network is told the attribute alone. */
  get locale(): string {
    const near = this.closest<HTMLElement>('[lang]')?.lang;
    return this.getAttribute('locale') || near || navigator.language || 'en';
  }
  set locale(locale: string) {
    this.setAttribute('locale', locale);
  }

  connectedCallback(): void {
    this.#read();
    void this.#browse();
  }

  disconnectedCallback(): void {
    this.#searcher.stop();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    void this.#searcher.again(true);
    if (name === 'locale') void this.#browse();
    else this.#render();
  }

  get #rtl(): boolean {
    return directionOf(this.locale) === 'rtl';
  }

  #options(mode: Mode): SearchOptions {
    const packs = (this.getAttribute('packs') ?? '').split(/\s+/).filter(Boolean);
    // On the device the region counts too; the network is told the attribute's language and no more.
    const asked = this.getAttribute('locale');
    const locale = mode === 'device' ? tagOf(this.locale) : asked && languageOf(asked);
    return { ...(locale && { locale }), ...(packs.length > 0 && { packs }) };
  }

  #read(): void {
    this.#kept = shelf.readKept(this.storage);
    this.#recents = this.#kept.recents;
    this.#render();
  }

  /** Changes what is kept as it stands by now: another tab may have changed it too. */
  #keep(change: (kept: shelf.Kept) => shelf.Kept, redraw = false): void {
    this.#kept = change(this.#written ? shelf.readKept(this.storage) : this.#kept);
    this.#written = shelf.writeKept(this.storage, this.#kept);
    this.#render();
    if (redraw) this.#view.grid.refresh();
  }

  async #browse(): Promise<void> {
    await this.#groups.load(this.#device, this.locale, () => this.#render());
  }

  async #art(sticker: Sticker): Promise<Art | null> {
    const art = sticker.art ?? (await this.#device?.art(sticker.id)) ?? null;
    return art && tonedArt(art, sticker.emoji, this.#kept.tone);
  }

  async #pick(sticker: Sticker): Promise<void> {
    const { id, name, emoji, pack } = sticker;
    const drawn = sticker.art ?? (await Promise.resolve(this.#device?.art(id)).catch(() => null)) ?? null;
    this.#keep((kept) => shelf.withRecent(kept, { ...sticker, ...(drawn && { art: drawn }) }));
    const { tone } = this.#kept;
    const art = drawn && tonedArt(drawn, emoji, tone);
    const detail: StickerSelect = { id, name, emoji: tonedEmoji(emoji, tone), pack, art };
    this.dispatchEvent(new CustomEvent('sticker-select', { detail, bubbles: true, composed: true }));
  }

  #favour(sticker: Sticker): void {
    this.#keep((kept) => shelf.toggleFavourite(kept, sticker), true);
    const { favourites, unfavour } = this.#strings;
    this.#announce(`${shelf.isFavourite(this.#kept, sticker) ? favourites : unfavour}: ${sticker.name}`);
  }

  #point(sticker: Sticker | null): void {
    this.#current = sticker;
    const favourite = sticker !== null && shelf.isFavourite(this.#kept, sticker);
    this.#view.preview.update(this.#strings, sticker, null, favourite);
    if (sticker !== null) void this.#pointed(sticker, favourite);
  }

  async #pointed(sticker: Sticker, favourite: boolean): Promise<void> {
    const art = await this.#art(sticker).catch(() => null);
    if (this.#current === sticker) this.#view.preview.update(this.#strings, sticker, art, favourite);
  }

  #choose(tab: string): void {
    this.#tab = tab;
    this.#recents = this.#kept.recents;
    this.#render();
    this.#view.panel.scrollTop = 0;
  }

  #searched(outcome: Outcome | null): void {
    if (outcome === null) this.#recents = this.#kept.recents;
    this.#render();
    if (outcome?.busy) this.#announce(this.#strings.searching);
    if (outcome === null || !outcome.final || outcome.busy) return;
    const { problem } = outcome;
    const tell = problem ? told : counted;
    this.#announce(tell(this.#strings, this.locale, outcome));
    const detail: StickerResults = { from: outcome.from, count: outcome.stickers.length, problem };
    this.dispatchEvent(new CustomEvent('sticker-results', { detail, bubbles: true, composed: true }));
  }

  #announce(text: string): void {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => (this.#view.live.textContent = text), ANNOUNCE_MS);
  }

  #render(): void {
    const strings = (this.#strings = stringsFor(this.locale));
    // Who chose the device and has none there is shown the way to the other.
    const both = this.#client !== null && (this.#device !== null || this.mode === 'device');
    const outcome = this.#searcher.outcome;
    const own = OWN_TABS.map((id): Tab => ({ id, label: strings[id], icon: id }));
    const tabs = [...own, ...this.#groups.all.map((group) => tabOf(group, strings))];
    const first = this.#recents.length > 0 ? undefined : this.#groups.all[0]?.id;
    const tab = tabs.find(({ id }) => id === (this.#tab ?? first)) ?? tabs[0];
    const kept = tab?.id === 'favourites' ? this.#kept.favourites : this.#recents;
    const stickers =
      this.#groups.all.find(({ id }) => id === tab?.id)?.stickers ??
      kept.map((one) => this.#groups.named(one));
    this.#view.update({
      strings,
      locale: this.locale,
      rtl: this.#rtl,
      mode: this.mode,
      both,
      tone: this.#kept.tone,
      tabs,
      tab: tab?.id ?? 'recents',
      searching: outcome !== null,
      busy: outcome?.busy ?? this.#groups.loading,
      more: outcome?.next !== null && outcome !== null,
      ...(outcome === null
        ? browsed(strings, tab, stickers, this.#groups.loading && this.#tab === null)
        : found(strings, this.locale, outcome, {
            mode: this.mode,
            both,
            suggests: this.#device !== null,
            again: (fresh) => this.#act(() => this.#searcher.submitted(fresh)),
            turn: (mode) => this.#act(() => (this.mode = mode)),
          })),
    });
    if (this.#current !== null && !this.#view.grid.has(this.#current)) this.#point(null);
    else this.#point(this.#current);
  }

  /** The button that was pressed goes away with what it stood in: focus goes where search goes on. */
  #act(run: () => void): void {
    this.#view.input.focus();
    run();
  }
}

function tabOf({ id, name }: Group, strings: Strings): Tab {
  const known = (id.split('-')[0] ?? '') as keyof Strings;
  return { id, label: name ?? strings[known] ?? id, icon: known };
}
