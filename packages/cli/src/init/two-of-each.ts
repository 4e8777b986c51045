import type { SharedStore } from './compose.ts';
import type { Databases } from './postgres.ts';
import type { Group } from './proxy.ts';
import type { ServiceSettings } from './settings.ts';

/** Gateway and issuer twice over one PostgreSQL, behind a balancer on the ports that single processes use. */
export interface TwoOfEach {
  readonly services: ServiceSettings;
  readonly shared: SharedStore;
  readonly groups: readonly Group[];
  /** The ports of the operator's listeners of the second processes. */
  readonly operatorPorts: readonly number[];
}

/** The databases that the compose file itself runs listen on these ports. */
export const clusterPorts = (port: number): { readonly tokens: number; readonly quotas: number } => ({
  tokens: port + 7,
  quotas: port + 8,
});

/** @param port - the first port of the folder */
export function twoOfEach(services: ServiceSettings, port: number, { inCompose }: Databases): TwoOfEach {
  const group = (name: string, own: number, operator: number): Group => ({
    name,
    port: port + own,
    members: [
      { port: port + own + 10, operatorPort: port + operator },
      { port: port + own + 20, operatorPort: port + operator + 20 },
    ],
  });
  const [gateway, issuer] = [group('gateway', 1, 5), group('issuer', 2, 6)];
  const listen = ({ members }: Group, i: 0 | 1) => ({
    PORT: `${members[i]?.port}`,
    OPERATOR_PORT: `${members[i]?.operatorPort}`,
  });
  return {
    services: {
      ...services,
      gateway: { ...services.gateway, ...listen(gateway, 0) },
      issuer: { ...services.issuer, ...listen(issuer, 0) },
    },
    shared: {
      seconds: {
        gateway: { ...listen(gateway, 1), ISSUER: `http://127.0.0.1:${port + 24}` },
        issuer: { ...listen(issuer, 1), INTERNAL_PORT: `${port + 24}` },
      },
      clusters: inCompose ? clusterPorts(port) : {},
    },
    groups: [gateway, issuer],
    operatorPorts: [port + 25, port + 26],
  };
}
