import { VARIABLES, type ServiceName, type Variable } from '@sotto/service/variables';

/** Where an operator runs the services. */
export const HOSTINGS = ['node', 'compose', 'workers'] as const;
export type Hosting = (typeof HOSTINGS)[number];

/** The variables of one service by name. */
export type Settings = Readonly<Record<string, string>>;

/** The services of one operator, each with its variables. */
export type ServiceSettings = Readonly<Partial<Record<ServiceName, Settings>>>;

/** A file of the folder. A secret one can be read by its owner alone. */
export interface PlannedFile {
  /** Relative to the folder. */
  readonly name: string;
  readonly text: string;
  readonly secret?: boolean;
}

const declared = (name: string): Variable | undefined =>
  (VARIABLES as Readonly<Record<string, Variable>>)[name];

export const isSecret = (name: string): boolean => declared(name)?.secret === true;

/** Whether a variable is a file of its own on Node: secrets are, and JSON, which has no form that all readers share. */
export const isFile = (name: string): boolean => isSecret(name) || declared(name)?.type === 'json';

/** The variables of a service that are files on Node. */
export const filesOf = (settings: Settings): string[] => Object.keys(settings).filter(isFile);

/** Whether a service on Node stores in a file, and so needs a folder that outlives it. */
export const hasFileStore = ({ STORE: store = 'postgres:' }: Settings): boolean =>
  !store.startsWith('postgres:');

/** One service on Node: an environment file in the form that node, systemd, docker, podman and compose read alike, and a file for each secret. */
export function nodeFiles(service: ServiceName, settings: Settings): PlannedFile[] {
  const lines = Object.entries(settings)
    .filter(([name]) => !isFile(name))
    .map(([name, value]) => `${name}=${value}`);
  return [
    { name: `${service}.env`, text: lines.join('\n') },
    ...filesOf(settings).map((name) => ({
      name: `${service}/${name}`,
      text: settings[name] ?? '',
      secret: isSecret(name),
    })),
  ];
}

/** One Worker: the secrets that `wrangler deploy --secrets-file` reads. */
export function secretsFile(service: ServiceName, settings: Settings): PlannedFile {
  const secrets = Object.fromEntries(Object.entries(settings).filter(([name]) => isSecret(name)));
  return { name: `${service}.secrets.json`, text: JSON.stringify(secrets, null, 2), secret: true };
}
