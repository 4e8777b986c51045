import { tagOf } from './strings/index.ts';
import type { Device, Group, Sticker } from './types.ts';

/** What stands under the tabs: the device's groups, in the words of a locale. */
export class Groups {
  all: readonly Group[] = [];
  /** The first ones are on their way. */
  loading = false;
  #named: ReadonlyMap<string, Sticker> = new Map();
  #turn = 0; // rises with each load: of two, the later one counts, whichever comes first

  /** @param changed - told before and after; a device that fails counts as one without groups */
  async load(device: Device | null, locale: string, changed: () => void): Promise<void> {
    const turn = ++this.#turn;
    this.loading = device?.groups !== undefined && this.all.length === 0;
    changed();
    const groups = await Promise.resolve(device?.groups?.(tagOf(locale))).catch(() => undefined);
    if (turn !== this.#turn) return;
    this.all = groups ?? [];
    this.#named = new Map(this.all.flatMap(({ stickers }) => stickers.map((one) => [one.id, one])));
    this.loading = false;
    changed();
  }

  /** A sticker that was kept, by its name in this locale. */
  named(sticker: Sticker): Sticker {
    return this.#named.get(sticker.id) ?? sticker;
  }
}
