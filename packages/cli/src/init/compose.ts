import type { ServiceName } from '@sotto/service/variables';
import { filesOf, type ServiceSettings } from './settings.ts';

/** Who owns the secret files, and so who must run the containers: compose keeps owner and mode of a secret's file. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const HAS_STORE: ReadonlySet<string> = new Set(['gateway', 'issuer']);

const HARDENED = `    restart: unless-stopped
    init: true
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    logging: { driver: none }
`;

/**
 * A compose file. All services and the proxy share the network of the first one, because the gateway reaches the issuer's
 * private listener on loopback.
 *
 * @param ports - published by the first service, as `127.0.0.1:8812:8812`
 */
export function composeFile(
  services: ServiceSettings,
  {
    ports,
    owner,
    release,
  }: { readonly ports: readonly string[]; readonly owner: Owner; readonly release: string },
): string {
  const names = Object.keys(services) as ServiceName[];
  const [first = 'relay'] = names;
  const network = (name: ServiceName): string =>
    name === first
      ? `    ports: ${JSON.stringify(ports)}\n`
      : `    network_mode: "service:${first}"\n    depends_on: [${first}]\n`;
  const blocks = names.map((name) => {
    const files = filesOf(services[name] ?? {});
    const environment = files.map((file) => `      ${file}_FILE: /run/secrets/${file}\n`).join('');
    const secrets = files.map((file) => `      - { source: ${name}-${file}, target: ${file} }\n`).join('');
    return `  ${name}:
    image: sotto-${name}
    build: { context: ${JSON.stringify(release)}, target: ${name} }
    user: "${owner.uid}:${owner.gid}"
${HARDENED}    env_file: ./${name}.env
${environment === '' ? '' : `    environment:\n${environment}`}${secrets === '' ? '' : `    secrets:\n${secrets}`}${
      HAS_STORE.has(name) ? `    volumes: ["./state/${name}:/var/lib/sotto"]\n` : ''
    }${network(name)}`;
  });
  const secrets = names.flatMap((name) =>
    filesOf(services[name] ?? {}).map((file) => `  ${name}-${file}: { file: ./${name}/${file} }\n`),
  );
  return `services:
${blocks.join('')}  proxy:
    image: docker.io/library/caddy:2
${HARDENED}    cap_add: [NET_BIND_SERVICE]
    volumes: ["./proxy/Caddyfile:/etc/caddy/Caddyfile:ro", "caddy-data:/data", "caddy-config:/config"]
    network_mode: "service:${first}"
    depends_on: [${first}]
volumes:
  caddy-data: {}
  caddy-config: {}
${secrets.length === 0 ? '' : `secrets:\n${secrets.join('')}`}`;
}
