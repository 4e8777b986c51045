/** What another implementation decodes; null when it refuses. */
export function peerOr<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch {
    return null;
  }
}
