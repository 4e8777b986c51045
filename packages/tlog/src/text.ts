import { fromBase64, WireError, type Bytes } from '@sotto/wire';

/** Reads an ASCII decimal without leading zeros, at most 2^53 - 1. Null for any other text. */
export function readDecimal(text: string): number | null {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** Reads canonical base64 of `length` bytes, or of any length. Null for any other text. */
export function readBase64(text: string, length?: number): Bytes | null {
  try {
    const bytes = fromBase64(text);
    return length === undefined || bytes.length === length ? bytes : null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
