import {
  defaultFor,
  PROVIDER_NAME,
  VARIABLES,
  type Platform,
  type ServiceName,
  type Variable,
} from '@sotto/service/variables';
import { bytesOfText } from '../fetching.ts';
import { didYouMean } from '../suggestion.ts';
import type { Given, OperatorFolder } from './folder.ts';

const DECLARED: Readonly<Record<string, Variable>> = VARIABLES;
const CREDENTIAL = /^[A-Za-z0-9\-._~+/]{16,512}=*$/;

/** What is wrong with the variables of a service, by their declarations. No value is printed. */
export function variableFaults(
  service: ServiceName,
  given: Given,
  hosting: OperatorFolder['hosting'],
): string[] {
  const platform = hosting === 'workers' ? 'workers' : 'node';
  const known = Object.entries(DECLARED).filter(
    ([, { services, platforms }]) => services.includes(service) && platforms.includes(platform),
  );
  const names = known.map(([name]) => name);
  const unknown = [...given.keys()]
    .filter((name) => !names.includes(name))
    .map(
      (name) =>
        `${given.get(name)?.file}: ${name} is not a variable of the ${service}${didYouMean(name, names)}`,
    );
  const wrong = known.flatMap(([name, variable]) => {
    const at = given.get(name);
    if (at === undefined || at.value === '') {
      return isRequired(name, variable, given, { service, platform })
        ? [`${name} is missing: ${aboutOf(variable, service)}`]
        : [];
    }
    const rule =
      name === 'PROVIDER' && !PROVIDER_NAME.test(at.value)
        ? 'must be one name of a-z, 0-9 and -, like cloudflare'
        : brokenRule(variable, at.value);
    return rule === null ? [] : [`${at.file}: ${name} ${rule}`];
  });
  return [...unknown, ...wrong];
}

/** A variable without a default must be set; the operator's token may be replaced by those of single roles. */
function isRequired(
  name: string,
  variable: Variable,
  given: Given,
  { service, platform }: { readonly service: ServiceName; readonly platform: Platform },
): boolean {
  if (variable.optional === true || variable.type === 'flag') return false;
  if (defaultFor(variable, service, platform) !== undefined) return false;
  if (name === 'PROVIDER' && given.get('ALLOW_ONE_PROVIDER')?.value === 'true') return false;
  if (name !== 'OPERATOR_TOKEN') return true;
  return !['METRICS', 'SUPPORT', 'KEYS'].every((role) => given.has(`OPERATOR_${role}_TOKEN`));
}

function aboutOf({ about }: Variable, service: ServiceName): string {
  return typeof about === 'string' ? about : (about[service] ?? '');
}

/** The rule that the value breaks; null if it breaks none. */
function brokenRule(
  { type, min = 0, max = Number.MAX_SAFE_INTEGER, unit }: Variable,
  value: string,
): string | null {
  switch (type) {
    case 'number': {
      const number = /^[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= min && number <= max) return null;
      return `must be a whole number from ${min} to ${max}${unit === undefined ? '' : ` (${unit})`}`;
    }
    case 'flag':
      return ['true', 'false', '1'].includes(value) ? null : 'must be true or false';
    case 'json':
      return isJson(value) ? null : 'must be JSON';
    case 'credential': {
      const tokens = value.trim().split(/\s+/);
      return tokens.length <= 2 && tokens.every((token) => CREDENTIAL.test(token))
        ? null
        : 'must be one token of 16 to 512 characters, or two with a space between them';
    }
    case 'key': {
      const bytes = bytesOfText(value);
      return bytes?.length === 32 && new Set(bytes).size >= 8 ? null : 'must be 32 random bytes in base64url';
    }
    case 'text':
    case 'path':
      break;
  }
  return null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Secrets that users other than their owner can read. */
export function modeFaults(given: Given): string[] {
  const files = new Map<string, number>();
  for (const [name, { file, mode }] of given) {
    if (DECLARED[name]?.secret === true && mode !== null) files.set(file, mode);
  }
  const open = [...files].filter(([, mode]) => (mode & 0o077) !== 0);
  const inEnvironment = [...given].filter(
    ([name, { mode }]) => DECLARED[name]?.secret === true && mode === null,
  );
  return [
    ...open.map(([file]) => `${file} can be read by others: chmod 600 ${file}`),
    ...inEnvironment.map(
      ([name, { file }]) =>
        `${file}: ${name} is a secret; put it into a file of its own and set ${name}_FILE`,
    ),
  ];
}
