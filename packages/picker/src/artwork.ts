import type { PersonalStore } from './personal.ts';
import { tonedArt } from './tone.ts';
import type { Art, Device, Sticker } from './types.ts';

/** Finds the artwork of stickers: their own, or the device's. */
export class Artwork {
  readonly #device: () => Device | null;
  readonly #personal: PersonalStore;

  constructor(device: () => Device | null, personal: PersonalStore) {
    this.#device = device;
    this.#personal = personal;
  }

  /** The artwork before the skin tone is applied. */
  async original({ id, art }: Sticker): Promise<Art | null> {
    return art ?? (await this.#device()?.art(id)) ?? null;
  }

  /** The artwork in the person's skin tone. */
  async toned(sticker: Sticker): Promise<Art | null> {
    const art = await this.original(sticker);
    return art && tonedArt(art, sticker.emoji, this.#personal.data.tone);
  }
}
