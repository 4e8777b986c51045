import { CREDENTIAL_WANTED, isCredential } from '@sotto/http';
import { fromBase64url, type Bytes } from '@sotto/wire';
import { ConfigError } from './error.ts';

/** The whole numbers that a setting may have. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Shown in the error: `milliseconds`. */
  readonly unit?: string | undefined;
}

const KEY_BYTES = 32;
/** Random keys have more different bytes. A key with fewer was typed by a person. */
const MIN_DIFFERENT_BYTES = 8;

/** A value of the configuration together with its path. Each method returns the value in one type or throws {@link ConfigError}. */
export class ConfigValue {
  readonly path: string;
  readonly raw: unknown;

  constructor(path: string, raw: unknown) {
    this.path = path;
    this.raw = raw;
  }

  /** Throws what is wrong with this value. */
  fail(remedy: string, options?: ErrorOptions): never {
    throw new ConfigError(this.path, remedy, options);
  }

  get isMissing(): boolean {
    return this.raw === undefined || this.raw === '';
  }

  /** This value, or `fallback` where it is missing. */
  or(fallback: unknown): ConfigValue {
    return this.isMissing ? new ConfigValue(this.path, fallback) : this;
  }

  text(remedy = 'must be a text that is not empty'): string {
    return typeof this.raw === 'string' && this.raw !== '' ? this.raw : this.fail(remedy);
  }

  /** A text that matches a pattern. */
  matching(pattern: RegExp, remedy: string): string {
    const text = this.text(remedy);
    return pattern.test(text) ? text : this.fail(remedy);
  }

  /** A number, not its text: see {@link digits}. */
  wholeNumber({ min, max, unit }: Range): number {
    const { raw } = this;
    if (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max) return raw;
    const suffix = unit === undefined ? '' : ` (${unit})`;
    return this.fail(`must be a whole number from ${min} to ${max}${suffix}`);
  }

  /** The number of these decimal digits, because a variable can hold only text. */
  digits(): ConfigValue {
    const { raw, path } = this;
    return typeof raw === 'string' && /^[0-9]{1,15}$/.test(raw) ? new ConfigValue(path, Number(raw)) : this;
  }

  /** `true` or `false`, in JSON or as text. */
  boolean(): boolean {
    if (this.raw === true || this.raw === 'true') return true;
    if (this.raw === false || this.raw === 'false') return false;
    return this.fail('must be true or false');
  }

  /** A secret that `Authorization: Bearer` can carry (RFC 6750 §2.1). */
  credential(): string {
    return typeof this.raw === 'string' && isCredential(this.raw) ? this.raw : this.fail(CREDENTIAL_WANTED);
  }

  /** One credential, or the new and the old one with a space between them while it is being changed. */
  credentials(): string[] {
    const credentials = this.text(CREDENTIAL_WANTED).trim().split(/\s+/);
    if (credentials.length > 2) return this.fail('must be one token, or two with a space between them');
    return credentials.map((credential) => new ConfigValue(this.path, credential).credential());
  }

  /** 32 random bytes in base64url. */
  key(): Bytes {
    const bytes = this.base64url();
    if (bytes?.length === KEY_BYTES && new Set(bytes).size >= MIN_DIFFERENT_BYTES) return bytes;
    return this.fail('must be 32 random bytes in base64url, for example from `openssl rand`');
  }

  /** Bytes, or null where the value is not base64url. */
  base64url(): Bytes | null {
    try {
      return fromBase64url(this.text());
    } catch {
      return null;
    }
  }

  /** A URL, whatever its scheme. */
  url(remedy = 'must be a URL'): URL {
    const text = this.text(remedy);
    return URL.canParse(text) ? new URL(text) : this.fail(remedy);
  }

  /** The value that this JSON text describes. */
  json(): ConfigValue {
    const remedy = 'must be JSON';
    try {
      return new ConfigValue(this.path, JSON.parse(this.text(remedy)));
    } catch {
      return this.fail(remedy); // no cause: a parser's message quotes its input
    }
  }

  list(remedy = 'must be a JSON list with one entry or more'): ConfigValue[] {
    const { raw, path } = this;
    if (!Array.isArray(raw) || raw.length === 0) return this.fail(remedy);
    return raw.map((entry: unknown, i) => new ConfigValue(`${path}[${i}]`, entry));
  }

  /** The entries of a JSON object. */
  entries(remedy = 'must be a JSON object'): (readonly [name: string, value: ConfigValue])[] {
    return Object.entries(this.#members(remedy)).map(([name, raw]) => [name, this.#at(name, raw)] as const);
  }

  /** A member of a JSON object; its value may be missing. */
  member(name: string): ConfigValue {
    const members = this.#members('must be a JSON object');
    return this.#at(name, Object.hasOwn(members, name) ? members[name] : undefined);
  }

  #members(remedy: string): Readonly<Record<string, unknown>> {
    const { raw } = this;
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return this.fail(remedy);
    return raw as Readonly<Record<string, unknown>>;
  }

  #at(name: string, raw: unknown): ConfigValue {
    const step = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    return new ConfigValue(this.path + step, raw);
  }
}

/** Fails at the first value that occurs twice. */
export function refuseDuplicates(values: readonly ConfigValue[]): void {
  const seen = new Map<unknown, string>();
  for (const value of values) {
    const first = seen.get(value.raw);
    if (first !== undefined) value.fail(`must differ from ${first}`);
    seen.set(value.raw, value.path);
  }
}
