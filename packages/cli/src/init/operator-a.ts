import { composeFile, type Owner } from './compose.ts';
import type { Invite } from './invite.ts';
import { mirrorOf } from './mirror.ts';
import { proxyFiles, publicPorts } from './operator-b.ts';
import type { Site } from './proxy.ts';
import { readmeOfA } from './readme.ts';
import { nodeFiles, secretsFile, type Hosting, type PlannedFile, type Settings } from './settings.ts';
import { units } from './systemd.ts';
import { wranglerToml } from './wrangler.ts';
import type { PlannedFolder } from './write.ts';

export interface OperatorAOptions {
  readonly invite: Invite;
  /** Public origin. */
  readonly relay: URL;
  readonly hosting: Hosting;
  readonly port: number;
  /** Public origin of the mirror of the log; null without one. */
  readonly witness: URL | null;
  /** The provider of the relay's machines. */
  readonly provider: string;
  readonly allowOneProvider: boolean;
  /** Absolute paths. */
  readonly folder: string;
  readonly release: string;
  readonly owner: Owner;
}

/** The folder of operator A: the relay, the mirror of B's log if there is one, and what an app pins. */
export function operatorA(options: OperatorAOptions): PlannedFolder {
  const { invite, relay, hosting, port, folder, release, owner, witness } = options;
  const { gateway, issuer, root, epochSeconds, log } = invite;
  const mirror = witness === null || log === undefined ? null : mirrorOf(log, root, witness);
  const services = {
    relay: relaySettings(options),
    ...(mirror !== null && { witness: { ...witnessListens(options), ...mirror.settings } }),
  };
  const names = Object.keys(services) as (keyof typeof services)[];
  const client = { relay: relay.origin, gateway, issuer, root, epochSeconds };
  const sites: Site[] = [
    { host: relay.host, port, sendsAddress: true },
    ...(witness === null
      ? []
      : [{ host: witness.host, port: port + 5, sendsAddress: false, isUpload: true }]),
  ];
  const common: PlannedFile[] = [
    { name: 'client.json', text: JSON.stringify(client, null, 2) },
    ...(mirror === null
      ? []
      : [
          { name: 'policy', text: mirror.policy },
          { name: 'operator.token', text: mirror.operatorToken, secret: true },
        ]),
    { name: 'README.md', text: readmeOfA(options) },
  ];
  if (hosting === 'workers') {
    const hosts = { relay: relay.host, ...(witness !== null && { witness: witness.host }) };
    const toml = wranglerToml(services, { hosts, release });
    const secrets = names.map((name) => secretsFile(name, services[name] ?? {}));
    return { files: [...common, ...secrets, { name: 'wrangler.toml', text: toml }] };
  }
  const ofServices = names.flatMap((name) => nodeFiles(name, services[name] ?? {}));
  const files = [...common, ...ofServices, ...proxyFiles(sites, folder)];
  if (hosting === 'node') return { files: [...files, ...units(services, folder, release)] };
  const operatorPorts = mirror === null ? [] : [`127.0.0.1:${port + 6}:${port + 6}`];
  const ports = [...publicPorts(sites), ...operatorPorts];
  const compose = composeFile(services, { ports, owner, release });
  const stores = mirror === null ? [] : ['state/witness'];
  return { files: [...files, { name: 'compose.yaml', text: compose }], stores, owner };
}

function relaySettings(options: OperatorAOptions): Settings {
  const { invite, provider, allowOneProvider } = options;
  return {
    ...relayListens(options),
    GATEWAYS: JSON.stringify({ '': invite.gateway }),
    RELAY_TOKENS: JSON.stringify({ '': invite.credential }),
    PROVIDER: provider,
    ...(allowOneProvider && { ALLOW_ONE_PROVIDER: 'true' }),
  };
}

/** The witness uses the sixth and the seventh port of the folder. */
function witnessListens({ hosting, port }: OperatorAOptions): Settings {
  if (hosting === 'workers') return {};
  return {
    PORT: `${port + 5}`,
    BEHIND_TLS: 'true',
    OPERATOR_PORT: `${port + 6}`,
    ...(hosting === 'compose' && { OPERATOR_HOST: '0.0.0.0' }),
    STORE: 'witness.sqlite',
  };
}

function relayListens({ relay, hosting, port }: OperatorAOptions): Settings {
  if (hosting === 'workers') return {};
  return {
    ORIGIN: relay.origin,
    PORT: `${port}`,
    BEHIND_TLS: 'true',
    ADDRESS_HEADER: 'X-Forwarded-For', // Caddy replaces what a client sent
  };
}
