import type { PersonalStore } from './personal.ts';
import { hasTones, tonedArt, tonedEmoji, type Tone } from './tone.ts';
import type { Art, Device, Sticker } from './types.ts';

/** Finds the artwork of stickers: their own, or the device's. */
export class Artwork {
  readonly #device: () => Device | null;
  readonly #personal: PersonalStore;

  constructor(device: () => Device | null, personal: PersonalStore) {
    this.#device = device;
    this.#personal = personal;
  }

  /**
   * The person's skin tone; null without a device. Art of the network has the default colours, since to send the tone would
   * tell the service something about the person.
   */
  get tone(): Tone | null {
    return this.#device() === null ? null : this.#personal.data.tone;
  }

  /** The artwork before the skin tone is applied. */
  async original({ id, art }: Sticker): Promise<Art | null> {
    return art ?? (await this.#device()?.art(id)) ?? null;
  }

  /** What a person can choose from: the sticker as it is, then in every skin tone that the device has. */
  async choices(sticker: Sticker): Promise<readonly Sticker[]> {
    const tones = await this.#tones(sticker);
    if (tones.length === 0) return [];
    const art = await this.original(sticker);
    return [{ ...sticker, ...(art && { art }) }, ...tones.map((tone) => ({ ...tone, name: sticker.name }))];
  }

  async #tones({ id, emoji }: Sticker): Promise<readonly Sticker[]> {
    const device = this.#device();
    if (!hasTones(emoji) || device?.tones === undefined) return [];
    return Promise.resolve(device.tones(id)).catch(() => []);
  }

  /** The artwork in a skin tone, the person's if none is given: the device's, or else recoloured where it can be. */
  async toned(sticker: Sticker, tone = this.tone ?? 0): Promise<Art | null> {
    if (tone === 0 || !hasTones(sticker.emoji)) return this.original(sticker);
    const wanted = tonedEmoji(sticker.emoji, tone);
    const found = (await this.#tones(sticker)).find(({ emoji }) => emoji === wanted);
    if (found?.art !== undefined) return found.art;
    const art = await this.original(sticker);
    return art && tonedArt(art, sticker.emoji, tone);
  }
}
