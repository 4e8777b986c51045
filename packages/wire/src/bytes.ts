/** Bytes that own or view a plain ArrayBuffer, as WebCrypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Returns `length` fresh random bytes from a CSPRNG; tests pass recorded bytes. */
export type Random = (length: number) => Bytes;

/** Whole seconds since 1970-01-01T00:00:00Z. */
export type UnixSeconds = number;

/** No bytes. */
export const EMPTY: Bytes = new Uint8Array(0);

/** Copies byte strings into one new array, in order. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two byte strings are equal, in time that depends on their lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
