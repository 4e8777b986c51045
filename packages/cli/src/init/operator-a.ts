import { composeFile, type Owner } from './compose.ts';
import { proxyFiles, publicPorts } from './operator-b.ts';
import type { Site } from './proxy.ts';
import { readmeOfA } from './readme.ts';
import { nodeFiles, secretsFile, type Hosting, type PlannedFile, type Settings } from './settings.ts';
import { units } from './systemd.ts';
import { wranglerToml } from './wrangler.ts';
import type { PlannedFolder } from './write.ts';

/** What operator B gives operator A. */
export interface Invite {
  readonly gateway: string;
  readonly credential: string;
  readonly issuer: string;
  readonly root: string;
  readonly epochSeconds: number;
  /** Whose machines the gateway runs on. Invites of older versions do not say. */
  readonly provider?: string;
}

export interface OperatorAOptions {
  readonly invite: Invite;
  /** Public origin. */
  readonly relay: URL;
  readonly hosting: Hosting;
  readonly port: number;
  /** Whose machines the relay runs on. */
  readonly provider: string;
  readonly allowOneProvider: boolean;
  /** Absolute paths. */
  readonly folder: string;
  readonly release: string;
  readonly owner: Owner;
}

/** What operator A needs: the relay, and what an app pins. */
export function operatorA(options: OperatorAOptions): PlannedFolder {
  const { invite, relay, hosting, port, provider, allowOneProvider, folder, release, owner } = options;
  const { gateway, credential, issuer, root, epochSeconds } = invite;
  const services = {
    relay: {
      ...listenSettings(options),
      GATEWAYS: JSON.stringify({ '': gateway }),
      RELAY_TOKENS: JSON.stringify({ '': credential }),
      PROVIDER: provider,
      ...(allowOneProvider && { ALLOW_ONE_PROVIDER: 'true' }),
    },
  };
  const client = { relay: relay.origin, gateway, issuer, root, epochSeconds };
  const sites: Site[] = [{ host: relay.host, port, tellsAddress: true }];
  const common: PlannedFile[] = [
    { name: 'client.json', text: JSON.stringify(client, null, 2) },
    { name: 'README.md', text: readmeOfA(options) },
  ];
  if (hosting === 'workers') {
    const toml = wranglerToml(services, { hosts: { relay: relay.host }, release });
    return {
      files: [...common, secretsFile('relay', services.relay), { name: 'wrangler.toml', text: toml }],
    };
  }
  const files = [...common, ...nodeFiles('relay', services.relay), ...proxyFiles(sites, folder)];
  if (hosting === 'node') return { files: [...files, ...units(services, folder, release)] };
  const compose = composeFile(services, { ports: publicPorts(sites), owner, release });
  return { files: [...files, { name: 'compose.yaml', text: compose }], owner };
}

function listenSettings({ relay, hosting, port }: OperatorAOptions): Settings {
  if (hosting === 'workers') return {};
  return {
    ORIGIN: relay.origin,
    PORT: `${port}`,
    BEHIND_TLS: 'true',
    ADDRESS_HEADER: 'X-Forwarded-For', // Caddy replaces what a client sent
  };
}
