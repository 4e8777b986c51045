import type { ServiceName } from '@sotto/service/variables';
import { filesOf, hasFileStore, type PlannedFile, type ServiceSettings, type Settings } from './settings.ts';

/**
 * Without MemoryDenyWriteExecute, because V8 compiles at run time. A filtered system call fails instead of killing the
 * process, because Caddy, like every Go program, tries to raise its limits.
 */
const HARDENING = `DynamicUser=yes
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
LimitCORE=0
`;

const INSTALL = `
[Install]
WantedBy=multi-user.target
`;

/** Hardened units of all services and of the proxy. systemd reads the secrets as root and hands each service its own. */
export function units(services: ServiceSettings, folder: string, release: string): PlannedFile[] {
  const names = Object.keys(services) as ServiceName[];
  return [
    ...names.map((name) => ({
      name: `systemd/sotto-${name}.service`,
      text: serviceUnit(name, services[name] ?? {}, folder, release),
    })),
    { name: 'systemd/sotto-proxy.service', text: proxyUnit(names, folder) },
  ];
}

function serviceUnit(name: ServiceName, settings: Settings, folder: string, release: string): string {
  const after = name === 'gateway' ? ' sotto-issuer.service sotto-stickers.service' : '';
  const state = hasFileStore(settings)
    ? `StateDirectory=sotto-${name}\nStateDirectoryMode=0700\nWorkingDirectory=/var/lib/sotto-${name}\n`
    : '';
  const credentials = filesOf(settings).map(
    (file) => `LoadCredential=${file}:${folder}/${name}/${file}\nEnvironment=${file}_FILE=%d/${file}\n`,
  );
  return `[Unit]
Description=Sotto ${name}
After=network-online.target${after}
Wants=network-online.target

[Service]
Type=exec
ExecStart=/usr/bin/env node --disable-warning=ExperimentalWarning ${release}/${name}.mjs
EnvironmentFile=${folder}/${name}.env
${credentials.join('')}${state}Restart=on-failure
RestartSec=2
TimeoutStopSec=15
CapabilityBoundingSet=
${HARDENING}${INSTALL}`;
}

/** Sets HOME, because Caddy may exit without it, and DynamicUser= does not set it. */
function proxyUnit(names: readonly ServiceName[], folder: string): string {
  return `[Unit]
Description=Sotto proxy: terminates TLS
After=network-online.target${names.map((name) => ` sotto-${name}.service`).join('')}
Wants=network-online.target

[Service]
Type=exec
ExecStart=/usr/bin/env caddy run --adapter caddyfile --config %d/Caddyfile
LoadCredential=Caddyfile:${folder}/proxy/Caddyfile
Environment=HOME=/var/lib/sotto-proxy XDG_DATA_HOME=/var/lib/sotto-proxy XDG_CONFIG_HOME=/var/lib/sotto-proxy
StateDirectory=sotto-proxy
StateDirectoryMode=0700
Restart=on-failure
RestartSec=2
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
${HARDENING}${INSTALL}`;
}
