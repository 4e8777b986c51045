import type { Device, Group, Sticker } from './types.ts';

/** The device's groups of stickers, named in one locale. */
export class Groups {
  all: readonly Group[] = [];
  /** True while the first groups load. */
  loading = false;
  #byId: ReadonlyMap<string, Sticker> = new Map();
  #turn = 0; // rises with each load; only the last load counts, in whatever order they finish

  /** @param onChange - called before and after loading. A device that fails counts as one without groups. */
  async load(device: Device | null, locale: string, onChange: () => void): Promise<void> {
    const turn = ++this.#turn;
    this.loading = device?.groups !== undefined && this.all.length === 0;
    onChange();
    const groups = await Promise.resolve(device?.groups?.(locale)).catch(() => undefined);
    if (turn !== this.#turn) return;
    this.all = groups ?? [];
    this.#byId = new Map(this.all.flatMap(({ stickers }) => stickers.map((one) => [one.id, one])));
    this.loading = false;
    onChange();
  }

  /** The same sticker as the groups have it, which is with its name in their locale. */
  localized(sticker: Sticker): Sticker {
    return this.#byId.get(sticker.id) ?? sticker;
  }
}
