const USUAL = 8801;

/** The relay's port as PORT says it, the four others being the next ones; null when that is not possible. */
export function portOf(text = ''): number | null {
  const port = text === '' ? USUAL : Number(text);
  return Number.isInteger(port) && port > 0 && port + 4 < 65_536 ? port : null;
}
