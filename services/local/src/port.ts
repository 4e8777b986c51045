const DEFAULT_PORT = 8801;

/** The relay's port from PORT; the other five parts use the next ports. Null if PORT is not such a port. */
export function portOf(text = ''): number | null {
  const port = text === '' ? DEFAULT_PORT : Number(text);
  return Number.isInteger(port) && port > 0 && port + 5 < 65_536 ? port : null;
}
