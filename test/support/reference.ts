import type { Platform, Variable, ServiceName } from '@sotto/service/variables';
import { defaultFor, VARIABLES } from '@sotto/service/variables';

/** The value for one service of something that may differ between services. */
function forService<T extends string | number>(
  value: T | Readonly<Partial<Record<ServiceName, T>>> | undefined,
  service: ServiceName,
): T | undefined {
  return typeof value === 'object' ? value[service] : value;
}

function defaultOf(variable: Variable, service: ServiceName, platform: Platform): string {
  const value = defaultFor(variable, service, platform);
  if (value !== undefined) return `${value}${variable.unit === undefined ? '' : ` ${variable.unit}`}`;
  if (variable.type === 'flag') return 'off';
  return variable.optional ? '–' : '**required**';
}

function kindOf({ type, secret, min, max }: Variable): string {
  const range = min === undefined || max === undefined ? '' : `, ${min} to ${max}`;
  return `${type}${range}${secret ? ', secret' : ''}`;
}

/** 32 bytes, as `sotto root new` and `openssl rand` print them in base64url. */
const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

/** A value as an operator writes it. @throws for a declaration that has none, and whose type does not say one */
export function exampleOf(
  name: string,
  variable: Variable,
  service: ServiceName,
  platform: Platform = 'node',
): string {
  const { type, secret, min = 0 } = variable;
  const given = forService(variable.example, service);
  if (given !== undefined) return given;
  if (type === 'flag') return 'true';
  if (type === 'key') return KEY;
  if (type === 'credential' || secret) return 'a-long-random-text-of-letters-and-digits';
  const value = defaultFor(variable, service, platform) ?? (type === 'number' ? min : undefined);
  if (value === undefined) throw new Error(`${name} of ${service} has no example`);
  return `${value}`;
}

function table(service: ServiceName, platform: 'workers' | 'node'): string[] {
  const rows = Object.entries(VARIABLES as Readonly<Record<string, Variable>>)
    .filter(([, variable]) => variable.services.includes(service) && variable.platforms.includes(platform))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, variable]) => {
      const about = forService(variable.about, service) ?? '';
      const cells = [
        `\`${name}\``,
        kindOf(variable),
        defaultOf(variable, service, platform),
        `\`${exampleOf(name, variable, service, platform).replaceAll('|', '\\|')}\``,
        about.replaceAll('|', '\\|'),
      ];
      return `| ${cells.join(' | ')} |`;
    });
  return ['| variable | type | default | example | meaning |', '|---|---|---|---|---|', ...rows];
}

/** The page of all variables, from the declarations that the services read. */
export function variablesPage(): string {
  const services = ['relay', 'gateway', 'issuer', 'stickers', 'witness'] as const;
  const platforms = [
    ['workers', 'Workers'],
    ['node', 'Node'],
  ] as const;
  const sections = services.flatMap((service) =>
    platforms.flatMap(([platform, name]) => [
      `## ${service} on ${name}`,
      '',
      ...table(service, platform),
      '',
    ]),
  );
  return [
    '# Variables',
    '',
    'Every variable of every service. This page is generated from the declarations that the services read: run `npm run reference` after a change.',
    '',
    'On Workers a secret is set with `wrangler secret put` or `--secrets-file`; on Node, `NAME_FILE` names a file with the value of the secret `NAME`.',
    'A service with a missing or wrong variable does not start and names the variable and the remedy.',
    '',
    ...sections,
  ].join('\n');
}
