import { Artwork } from './artwork.ts';
import { browse, isOwnTab } from './browse.ts';
import { Groups } from './groups.ts';
import type { Host } from './host.ts';
import { LocalStickers } from './local-stickers.ts';
import { PackManager } from './pack-manager.ts';
import { isFavourite, recordUse, PersonalStore, toggleFavourite } from './personal.ts';
import type { DeviceStorage, PersonalData } from './personal.ts';
import { Searcher, type SearchState } from './searcher.ts';
import { directionOf, languageOf, parseLocale } from './locale.ts';
import { stringsFor, type Strings } from './strings/index.ts';
import { TIMERS } from './timers.ts';
import { tonedEmoji } from './tone.ts';
import type {
  CustomSticker,
  Device,
  Mode,
  PersonalPacks,
  SearchOptions,
  Sticker,
  StickerResults,
  StickerSelect,
} from './types.ts';
import { browseContent, countText, problemText, searchContent, type SearchActions } from './view/content.ts';
import { PickerView } from './view/picker-view.ts';

/** Ties search, groups and personal data to what is shown. */
export class PickerController {
  readonly #host: Host;
  readonly #personal = new PersonalStore();
  readonly #artwork: Artwork;
  readonly #groups = new Groups();
  readonly #local = new LocalStickers();
  readonly #packs = new PackManager(() => this.#packsChanged());
  readonly #searcher: Searcher;
  readonly #view: PickerView;
  #recents: readonly Sticker[] = []; // as they were when the tab was opened
  #hasPacks = false;
  #isReady = false;
  #tab: string | null = null; // null: the person has not chosen one
  #current: Sticker | null = null;
  #strings: Strings = stringsFor('en');

  constructor(root: ShadowRoot, host: Host) {
    this.#host = host;
    this.#artwork = new Artwork(host.device, this.#personal);
    this.#searcher = this.#makeSearcher();
    this.#view = this.#makeView(root);
  }

  get mode(): Mode {
    if (this.#host.client() === null) return 'device';
    const chosen = this.#personal.data.mode ?? this.#host.attribute('mode');
    if (chosen === 'network' || chosen === 'device') return chosen;
    return this.#host.device() === null ? 'network' : 'device';
  }

  setMode(mode: Mode): void {
    this.#changePersonal((data) => ({ ...data, mode }));
    void this.#searcher.restart();
  }

  deviceChanged(): void {
    void this.#searcher.restart();
    this.localeChanged();
  }

  localeChanged(): void {
    void this.#loadGroups(this.#host.device());
  }

  async #loadGroups(device: Device | null): Promise<void> {
    const painted = (): Promise<void> => this.#view.panel.grid.painted().then(() => this.#ready());
    await this.#groups.load(device, this.#host.locale(), () => this.#render(), painted);
    if (device !== null) this.#ready();
  }

  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#host.dispatch('sticker-ready', null);
  }

  /** The same query can now have another response. */
  optionsChanged(): void {
    void this.#searcher.restart(true);
    this.#render();
  }

  setCustomStickers(stickers: readonly CustomSticker[]): void {
    this.#local.setCustom(stickers);
    this.optionsChanged();
  }

  openPacks(packs: PersonalPacks | null): void {
    this.#hasPacks = packs !== null;
    void this.#packs.open(packs);
  }

  #packsChanged(): void {
    this.#local.setPersonal(this.#packs.packs);
    this.optionsChanged();
  }

  openStorage(storage: DeviceStorage | null): void {
    this.#personal.open(storage);
    this.#recents = this.#personal.data.recents;
    this.#render();
  }

  stop(): void {
    this.#searcher.stop();
  }

  #makeSearcher(): Searcher {
    return new Searcher({
      ...TIMERS,
      device: this.#host.device,
      client: this.#host.client,
      mode: () => this.mode,
      options: (mode) => this.#searchOptions(mode),
      local: (query) => this.#local.search(query),
      show: (state) => this.#showSearch(state),
    });
  }

  #makeView(root: ShadowRoot): PickerView {
    return new PickerView(root, {
      isRtl: () => directionOf(this.#host.locale()) === 'rtl',
      art: (sticker) => this.#artwork.toned(sticker),
      tones: (sticker) => this.#artwork.choices(sticker),
      isFavourite: (sticker) => isFavourite(this.#personal.data, sticker),
      onPick: (sticker) => void this.#pick(sticker),
      onPickTone: (sticker) => void this.#pick(sticker, 0),
      onFavourite: (sticker) => this.#toggleFavourite(sticker),
      emoji: ({ emoji }) => tonedEmoji(emoji, this.#artwork.tone ?? 0),
      onDrop: (sticker) => void this.#use(sticker),
      onCurrent: (sticker) => void this.#setCurrent(sticker),
      onType: (text) => void this.#searcher.type(text),
      onCompose: () => this.#searcher.pause(),
      onSubmit: () => this.#submit(),
      onTab: (id) => this.#openTab(id),
      onMode: (mode) => this.setMode(mode),
      onTone: (tone) => this.#changePersonal((data) => ({ ...data, tone }), true),
      onStar: () => this.#current && this.#toggleFavourite(this.#current),
      onMore: () => this.#searcher.more(),
    });
  }

  /** The words of an attribute. */
  #list(name: 'categories' | 'packs'): string[] {
    return (this.#host.attribute(name) ?? '').split(/\s+/).filter(Boolean);
  }

  #searchOptions(mode: Mode): SearchOptions {
    const packs = this.#list('packs');
    // A search on the device also uses the region. One over the network contains the language of the attribute and no more.
    const attribute = parseLocale(this.#host.attribute('locale') ?? '');
    const locale = mode === 'device' ? this.#host.locale() : attribute && languageOf(attribute);
    return { ...(locale && { locale }), ...(packs.length > 0 && { packs }) };
  }

  #changePersonal(change: (data: PersonalData) => PersonalData, redraw = false): void {
    this.#personal.change(change);
    this.#render();
    if (redraw) this.#view.panel.grid.refresh();
  }

  /** Remembers that a sticker was used. */
  async #use(sticker: Sticker): Promise<void> {
    const art = await this.#artwork.original(sticker).catch(() => null);
    this.#changePersonal((data) => recordUse(data, { ...sticker, ...(art && { art }) }));
  }

  async #pick(sticker: Sticker, tone = this.#artwork.tone ?? 0): Promise<void> {
    const { id, name, emoji, pack } = sticker;
    const art = await this.#artwork.toned(sticker, tone).catch(() => null);
    await this.#use(sticker);
    const detail: StickerSelect = { id, name, emoji: tonedEmoji(emoji, tone), pack, art };
    this.#host.dispatch('sticker-select', detail);
  }

  /**
   * Enter in the search box: searches, or picks the first result where there is nothing left to search. Returns
   * false to focus the grid instead, which a host can ask for if Enter sends the message that is being written.
   */
  #submit(): boolean {
    const { state } = this.#searcher;
    if (state?.busy || this.#searcher.submit()) return true;
    const [first] = this.#groups.named(state?.stickers ?? []);
    if (first === undefined || this.#host.attribute('enter') === 'focus') return false;
    void this.#pick(first);
    return true;
  }

  #toggleFavourite(sticker: Sticker): void {
    this.#changePersonal((data) => toggleFavourite(data, sticker), true);
    const { favourites, unfavour } = this.#strings;
    const added = isFavourite(this.#personal.data, sticker);
    this.#view.announce(`${added ? favourites : unfavour}: ${sticker.name}`);
  }

  async #setCurrent(sticker: Sticker | null): Promise<void> {
    this.#current = sticker;
    const favourite = sticker !== null && isFavourite(this.#personal.data, sticker);
    this.#view.preview.update(this.#strings, sticker, null, favourite);
    const art = sticker && (await this.#artwork.toned(sticker).catch(() => null));
    if (this.#current === sticker) this.#view.preview.update(this.#strings, sticker, art, favourite);
  }

  #openTab(tab: string): void {
    this.#tab = tab;
    this.#recents = this.#personal.data.recents;
    this.#render();
    this.#view.panel.element.scrollTop = 0;
  }

  #showSearch(state: SearchState | null): void {
    if (state === null) this.#recents = this.#personal.data.recents;
    this.#render();
    if (state?.busy) this.#view.announce(this.#strings.searching);
    if (state === null || !state.final || state.busy) return;
    const { problem, until, from, stickers } = state;
    const locale = this.#host.locale();
    const text =
      problem === null
        ? countText(this.#strings, locale, state)
        : problemText(this.#strings, locale, problem, until);
    this.#view.announce(text);
    const detail: StickerResults = { from, count: stickers.length, problem };
    this.#host.dispatch('sticker-results', detail);
  }

  #render(): void {
    const locale = this.#host.locale();
    const strings = (this.#strings = stringsFor(locale));
    const { state } = this.#searcher;
    const search = state && { ...state, stickers: this.#groups.named(state.stickers) };
    const { loading } = this.#groups;
    const { tabs, tab, stickers } = browse(
      {
        strings,
        groups: this.#groups,
        data: this.#personal.data,
        recents: this.#recents,
        local: this.#local,
        hasPacks: this.#hasPacks,
        categories: this.#list('categories'),
      },
      this.#tab,
    );
    this.#view.update({
      strings,
      locale,
      rtl: directionOf(locale) === 'rtl',
      mode: this.mode,
      canSwitch: this.#canSwitch,
      tone: this.#artwork.tone,
      tabs,
      selectedTab: tab?.id ?? 'recents',
      searching: search !== null,
      busy: search?.busy ?? loading,
      hasMore: search !== null && search.next !== null,
      ...(search === null
        ? browseContent(
            strings,
            tab,
            stickers,
            loading && (this.#tab === null || !isOwnTab(tab)),
            this.#packs.actions,
          )
        : searchContent(strings, locale, search, this.#searchActions())),
    });
    const current = this.#current;
    const picks = search?.final && !search.busy ? search.stickers[0] : undefined; // by Enter
    void this.#setCurrent(current !== null && this.#view.panel.grid.has(current) ? current : (picks ?? null));
  }

  /** In device mode without a device, the person is still offered the network. */
  get #canSwitch(): boolean {
    return this.#host.client() !== null && (this.#host.device() !== null || this.mode === 'device');
  }

  #searchActions(): SearchActions {
    const act = (run: () => void): void => {
      this.#view.search.input.focus(); // the button that was pressed disappears
      run();
    };
    return {
      mode: this.mode,
      canSwitch: this.#canSwitch,
      hasSuggestions: this.#host.device() !== null,
      retry: (fresh) => act(() => this.#searcher.submit(fresh)),
      switchTo: (mode) => act(() => this.setMode(mode)),
    };
  }
}
