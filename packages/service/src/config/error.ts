/**
 * A setting that is missing or wrong.
 *
 * The message names the place and the rule for its value: `SERVICES[1].timeoutMs: must be a whole number from 1 to
 * 60000 (milliseconds)`. It never contains the value, which may be a secret.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** The variable, and the member of its JSON: `SERVICES[1].timeoutMs`. */
  readonly path: string;

  /** @param remedy - the rule for the value at this path */
  constructor(path: string, remedy: string, options?: ErrorOptions) {
    super(`${path}: ${remedy}`, options);
    this.path = path;
  }
}
