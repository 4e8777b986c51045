import type { Art } from '@sotto/picker';

/** What members send each other, encrypted. It contains the artwork, so that no member fetches it from a server. */
export interface Message {
  readonly from: string;
  readonly text: string;
  readonly sticker: Sticker | null;
}

export interface Sticker {
  readonly name: string;
  readonly emoji: string;
  readonly art: Art | null;
}

export const encodeMessage = (message: Message): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(message));

/** Returns null for anything that is not a message: another member can send whatever it likes. */
export function decodeMessage(bytes: Uint8Array): Message | null {
  try {
    const { from, text, sticker } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as {
      readonly [key in keyof Message]?: unknown;
    };
    if (typeof from !== 'string' || typeof text !== 'string') return null;
    return { from, text, sticker: readSticker(sticker) };
  } catch {
    return null;
  }
}

function readSticker(value: unknown): Sticker | null {
  const { name, emoji, art } = (value ?? {}) as Record<keyof Sticker, unknown>;
  if (typeof name !== 'string' || typeof emoji !== 'string') return null;
  const { type, data } = (art ?? {}) as Record<keyof Art, unknown>;
  const drawn = typeof type === 'string' && typeof data === 'string';
  return { name, emoji, art: drawn ? { type, data } : null };
}
