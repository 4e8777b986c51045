/** A service of Sotto, as its variables are declared for it. */
export type ServiceName = 'relay' | 'gateway' | 'issuer' | 'stickers' | 'witness';

/** Where a service runs: Cloudflare Workers, or Node. */
export type Platform = 'workers' | 'node';

type VariableType = 'number' | 'flag' | 'text' | 'path' | 'json' | 'credential' | 'key';

/** One value for all services, or one for each. */
type PerService<T> = T | Readonly<Partial<Record<ServiceName, T>>>;

/** The services that read a variable. */
interface Readers {
  readonly services: readonly ServiceName[];
  readonly platforms: readonly Platform[];
}

interface Details {
  /** One for all, or one for a service or a platform. Without it the variable must be set where its service reads it; a flag is off. */
  readonly default?: string | number | Readonly<Partial<Record<ServiceName | Platform, string | number>>>;
  /** Whether the service also starts without it, though there is no default. */
  readonly optional?: boolean;
  /** Set as a secret on Workers; on Node also as a file that `NAME_FILE` names. */
  readonly secret?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  /** A value as an operator writes it. Numbers, flags, keys and credentials need none: their type says it. */
  readonly example?: PerService<string>;
}

/** The declaration of a variable. The reader, the documentation and `sotto check` use it. */
export interface Variable extends Readers, Details {
  readonly type: VariableType;
  /** One sentence. */
  readonly about: PerService<string>;
}

/** Declares a variable. */
export function variable<const Type extends VariableType>(
  type: Type,
  readers: Readers,
  about: PerService<string>,
  details: Details = {},
): Variable & { readonly type: Type } {
  return { type, about, ...readers, ...details };
}

/** The default of a variable for one service on one platform. */
export function defaultFor(
  { default: fallback }: Variable,
  service: ServiceName,
  platform: Platform,
): string | number | undefined {
  return typeof fallback === 'object' ? (fallback[service] ?? fallback[platform]) : fallback;
}
