import type { Bytes } from '@sotto/wire';
import {
  defaultFor,
  PROVIDER_NAME,
  VARIABLES,
  type Platform,
  type ServiceName,
  type Variable,
} from '../variables/index.ts';
import { ConfigError } from './error.ts';
import { ConfigValue } from './value.ts';

/** The environment of a process, or the bindings of a Worker. */
export type Environment = Readonly<Record<string, unknown>>;

/** Names of the declared variables of one type. */
type NameOf<Type extends Variable['type']> = {
  [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['type'] extends Type ? Name : never;
}[keyof typeof VARIABLES];

/** The service and platform whose variables are read, and where they are. */
export interface VariablesOptions {
  readonly service: ServiceName;
  readonly platform: Platform;
  /** Reads the file that `NAME_FILE` names; without it there are no such variables. */
  readonly readFile?: (path: string) => string;
}

/**
 * Reads the variables of one service as they are declared in `/variables`: type, range and default are there.
 *
 * Every method throws {@link ConfigError} for a value that is missing without a default, or wrong.
 */
export class Variables {
  readonly service: ServiceName;
  readonly platform: Platform;
  readonly #environment: Environment;
  readonly #readFile: ((path: string) => string) | undefined;

  constructor(environment: Environment, { service, platform, readFile }: VariablesOptions) {
    this.service = service;
    this.platform = platform;
    this.#environment = environment;
    this.#readFile = readFile;
  }

  /** Whether the variable, or its file, is set. */
  has(name: keyof typeof VARIABLES): boolean {
    return !this.#given(name).isMissing;
  }

  /** Whether a binding of a Worker has this name. */
  hasBinding(name: string): boolean {
    const value = this.#environment[name];
    return typeof value === 'object' && value !== null;
  }

  number(name: NameOf<'number'>): number {
    const { min = 0, max = Number.MAX_SAFE_INTEGER, unit } = VARIABLES[name] as Variable;
    return this.value(name).digits().wholeNumber({ min, max, unit });
  }

  flag(name: NameOf<'flag'>): boolean {
    const value = this.value(name);
    return value.raw === '1' || value.boolean();
  }

  text(name: NameOf<'text' | 'path'>): string {
    return this.value(name).text();
  }

  /** The provider that PROVIDER names; null with LOCAL, where it need not be named. */
  provider(): string | null {
    if (!this.has('PROVIDER') && this.flag('LOCAL')) return null;
    return this.value('PROVIDER').matching(
      PROVIDER_NAME,
      'must be one name of a-z, 0-9 and -, like cloudflare',
    );
  }

  credential(name: NameOf<'credential'>): string {
    return this.value(name).credential();
  }

  /** One credential, or two while it is being changed. */
  credentials(name: NameOf<'credential'>): string[] {
    return this.value(name).credentials();
  }

  key(name: NameOf<'key'>): Bytes {
    return this.value(name).key();
  }

  json(name: NameOf<'json'>): ConfigValue {
    return this.value(name).json();
  }

  /** The variable as it was given, or its default. Fails when there is neither. */
  value(name: keyof typeof VARIABLES): ConfigValue {
    const value = this.#given(name).or(this.#defaultOf(name));
    if (!value.isMissing) return value;
    const file = this.#mayBeFile(name) ? ` (or ${name}_FILE, a path)` : '';
    return value.fail(`is missing. Set ${name}${file}: ${this.#aboutOf(name)}`);
  }

  #given(name: keyof typeof VARIABLES): ConfigValue {
    const given = this.#environment[name];
    const text = typeof given === 'string' ? given : undefined;
    const path = this.#mayBeFile(name) ? this.#environment[`${name}_FILE`] : undefined;
    if (typeof path !== 'string' || path === '') return new ConfigValue(name, text);
    if (text !== undefined && text !== '') {
      throw new ConfigError(`${name}_FILE`, `is set together with ${name}. Set one of them`);
    }
    return new ConfigValue(name, this.#contentOf(name, path));
  }

  #contentOf(variable: keyof typeof VARIABLES, path: string): string {
    const name = `${variable}_FILE`;
    let content: string;
    try {
      content = this.#readFile?.(path) ?? '';
    } catch (cause) {
      throw new ConfigError(name, 'must be the path of a file that this process can read', { cause });
    }
    const text = content.replace(/\r?\n$/, '');
    const { optional = false }: Variable = VARIABLES[variable];
    if (text === '' && optional) return ''; // such as the previous key, when there is none
    return text === ''
      ? new ConfigValue(name, text).fail('must be the path of a file that is not empty')
      : text;
  }

  #mayBeFile(name: keyof typeof VARIABLES): boolean {
    const { secret = false, type }: Variable = VARIABLES[name];
    return this.#readFile !== undefined && (secret || type === 'json');
  }

  #defaultOf(name: keyof typeof VARIABLES): string | number | boolean | undefined {
    const fallback = defaultFor(VARIABLES[name], this.service, this.platform);
    return fallback === undefined && VARIABLES[name].type === 'flag' ? false : fallback;
  }

  #aboutOf(name: keyof typeof VARIABLES): string {
    const { about }: Variable = VARIABLES[name];
    return typeof about === 'string' ? about : (about[this.service] ?? '');
  }
}
