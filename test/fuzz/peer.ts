/** The result of another implementation; null when it refuses the input. */
export function peerOr<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
