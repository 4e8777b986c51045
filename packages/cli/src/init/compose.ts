import type { ServiceName } from '@sotto/service/variables';
import { filesOf, hasFileStore, type ServiceSettings, type Settings } from './settings.ts';

/** The user that owns the secret files and runs the containers: compose keeps owner and mode of a secret's file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What a compose file has in addition when several processes of a service share a database. */
export interface SharedStore {
  /** A second process of each of these services, and what is different for it. */
  readonly seconds: ServiceSettings;
  /** The clusters that the compose file runs itself, by name, and the port of each. */
  readonly clusters: Readonly<Record<string, number>>;
}

const HARDENED = `    restart: unless-stopped
    init: true
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    logging: { driver: none }
`;

/**
 * A compose file. All containers share the network of one of them, because the gateway reaches the issuer's private
 * listener, and the databases, on loopback. That one is the balancer where there is one: it stays when a service restarts.
 *
 * @param ports - published by that one, as `127.0.0.1:8812:8812`
 */
export function composeFile(
  services: ServiceSettings,
  {
    ports,
    owner,
    release,
    shared = null,
  }: {
    readonly ports: readonly string[];
    readonly owner: Owner;
    readonly release: string;
    readonly shared?: SharedStore | null;
  },
): string {
  const names = Object.keys(services) as ServiceName[];
  const first = shared === null ? (names[0] ?? 'relay') : 'balancer';
  const network = (name: string): string =>
    name === first
      ? `    ports: ${JSON.stringify(ports)}\n`
      : `    network_mode: "service:${first}"\n    depends_on: [${first}]\n`;
  const user = `    user: "${owner.uid}:${owner.gid}"\n`;
  const service = (name: string, image: ServiceName, own: Settings = {}): string => {
    const files = filesOf(services[image] ?? {});
    const environment = [
      ...files.map((file) => `      ${file}_FILE: /run/secrets/${file}\n`),
      ...Object.entries(own).map(([key, value]) => `      ${key}: ${JSON.stringify(value)}\n`),
    ].join('');
    const secrets = files.map((file) => `      - { source: ${image}-${file}, target: ${file} }\n`).join('');
    return `  ${name}:
    image: sotto-${image}
    build: { context: ${JSON.stringify(release)}, target: ${image} }
${user}${HARDENED}    env_file: ./${image}.env
${environment === '' ? '' : `    environment:\n${environment}`}${secrets === '' ? '' : `    secrets:\n${secrets}`}${
      hasFileStore(services[image] ?? {}) ? `    volumes: ["./state/${image}:/var/lib/sotto"]\n` : ''
    }${network(name)}`;
  };
  const clusters = Object.entries(shared?.clusters ?? {});
  const seconds = Object.entries(shared?.seconds ?? {}) as [ServiceName, Settings][];
  const containers = [
    ...(shared === null ? [] : [balancer(network(first))]),
    ...names.map((name) => service(name, name)),
    ...seconds.map(([name, own]) => service(`${name}-2`, name, own)),
    ...clusters.map(([name, port]) => cluster(name, port, `${user}${HARDENED}`, network(`postgres-${name}`))),
    proxy(network('proxy')),
  ];
  const secrets = [
    ...names.flatMap((name) =>
      filesOf(services[name] ?? {}).map((file) => `  ${name}-${file}: { file: ./${name}/${file} }\n`),
    ),
    ...clusters.map(([name]) => `  postgres-${name}: { file: ./postgres/${name}.password }\n`),
  ];
  return `services:
${containers.join('')}volumes:
  caddy-data: {}
  caddy-config: {}
${secrets.length === 0 ? '' : `secrets:\n${secrets.join('')}`}`;
}

const proxy = (network: string): string => `  proxy:
    image: docker.io/library/caddy:2
${HARDENED}    cap_add: [NET_BIND_SERVICE]
    volumes: ["./proxy/Caddyfile:/etc/caddy/Caddyfile:ro", "caddy-data:/data", "caddy-config:/config"]
${network}`;

const balancer = (network: string): string => `  balancer:
    image: docker.io/library/haproxy:3.2
${HARDENED}    volumes: ["./proxy/balancer.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
${network}`;

/** A cluster on loopback. Its script runs once, when the folder of its data is still empty. */
const cluster = (name: string, port: number, options: string, network: string): string => `  postgres-${name}:
    image: docker.io/library/postgres:18
${options}    command: ["-c", "listen_addresses=127.0.0.1"]
    environment:
      PGPORT: "${port}"
      POSTGRES_PASSWORD_FILE: /run/secrets/password
    secrets:
      - { source: postgres-${name}, target: password }
    tmpfs: [/tmp, /var/run/postgresql]
    volumes: ["./state/postgres-${name}:/var/lib/postgresql", "./postgres/${name}.sql:/docker-entrypoint-initdb.d/sotto.sql:ro"]
${network}`;
