import type { Device, Group, Sticker } from './types.ts';

/** The device's groups of stickers, named in one locale. */
export class Groups {
  all: readonly Group[] = [];
  /** True while the first groups load. */
  loading = false;
  #byId: ReadonlyMap<string, Sticker> = new Map();
  #turn = 0; // rises with each load; only the last load counts, in whatever order they finish

  /**
   * Loads the device's first stickers, and all of them once the first are painted. A device that fails counts as one
   * without groups.
   *
   * @param onChange - called before, during and after loading
   * @param painted - resolves when what is shown has been painted
   */
  async load(
    device: Device | null,
    locale: string,
    onChange: () => void,
    painted: () => Promise<void>,
  ): Promise<void> {
    const turn = ++this.#turn;
    const isFirst = this.all.length === 0;
    this.loading = device?.groups !== undefined && isFirst;
    onChange();
    if (this.loading && device?.first !== undefined) {
      const first = await Promise.resolve(device.first(locale)).catch(() => null);
      if (turn !== this.#turn) return;
      this.#set(first ?? []);
      onChange();
      await painted();
      if (turn !== this.#turn) return;
    }
    const groups = await Promise.resolve(device?.groups?.(locale)).catch(() => undefined);
    if (turn !== this.#turn) return;
    this.#set(groups ?? []);
    this.loading = false;
    onChange();
  }

  #set(groups: readonly Group[]): void {
    this.all = groups;
    this.#byId = new Map(this.all.flatMap(({ stickers }) => stickers.map((one) => [one.id, one])));
  }

  /**
   * The same stickers with the names that the groups have for them. A search over the network names them in English unless it
   * contains a language.
   */
  named(stickers: readonly Sticker[]): readonly Sticker[] {
    return stickers.map((sticker) => {
      const name = this.#byId.get(sticker.id)?.name || sticker.name;
      return name === sticker.name ? sticker : { ...sticker, name };
    });
  }

  /** The same sticker as the groups have it, which is with its name in their locale. */
  localized(sticker: Sticker): Sticker {
    return this.#byId.get(sticker.id) ?? sticker;
  }
}
