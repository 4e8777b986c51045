/** A public name, and the loopback port of the service behind it. */
export interface Site {
  /** Host, and port if it is not 443. */
  readonly host: string;
  readonly port: number;
  /** Whether the proxy sends the client's address to the service. Only the relay's rate limit needs it. */
  readonly sendsAddress: boolean;
  /** Whether entries of a log are uploaded there, in packages of at most 4 MiB. */
  readonly isUpload?: boolean;
}

/** Header fields that identify a client, and that proxies add by default. */
const REMOVED = ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Forwarded', 'Via'];

/** Caddy gets the certificates itself and writes no access log unless told to. */
export function caddyfile(sites: readonly Site[]): string {
  const site = ({ host, port, sendsAddress }: Site): string => {
    const lines = [
      ...(sendsAddress ? [] : REMOVED.map((name) => `header_up -${name}`)),
      'flush_interval -1',
      'lb_retries 0',
    ];
    return `${host} {\n\treverse_proxy 127.0.0.1:${port} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n}\n`;
  };
  return `{\n\tservers {\n\t\tstrict_sni_host on\n\t}\n}\n\n${sites.map(site).join('\n')}`;
}

/** For nginx's `http` section. The certificates are the operator's. */
export function nginxConf(sites: readonly Site[], tls: string): string {
  return sites
    .map(({ host, port, sendsAddress, isUpload = false }) => {
      const [name = '', listen = '443'] = host.split(':');
      const fields = REMOVED.map((field) =>
        field === 'X-Real-IP' && sendsAddress
          ? `proxy_set_header X-Real-IP $remote_addr;`
          : `proxy_set_header ${field} "";`,
      );
      return `server {
  listen ${listen} ssl;
  server_name ${name};
  ssl_certificate ${tls}/${name}.crt;
  ssl_certificate_key ${tls}/${name}.key;
  access_log off;
  client_max_body_size ${isUpload ? 5 : 2}m;
  location / {
    proxy_pass http://127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    ${fields.join('\n    ')}
    proxy_request_buffering off;
    proxy_buffering off;
    proxy_next_upstream off;
    proxy_read_timeout 150s;
  }
}
`;
    })
    .join('\n');
}

/** For HAProxy: one frontend per port, one backend per name. The certificates are the operator's. */
export function haproxyCfg(sites: readonly Site[], tls: string): string {
  const nameOf = ({ host }: Site): string => host.split(':')[0] ?? '';
  const ports = [...new Set(sites.map(({ host }) => host.split(':')[1] ?? '443'))];
  const frontends = ports.map((port) => {
    const here = sites.filter(({ host }) => (host.split(':')[1] ?? '443') === port);
    const certificates = here.map((site) => `crt ${tls}/${nameOf(site)}.pem`).join(' ');
    return `frontend sotto-${port}
  mode http
  bind :${port} ssl ${certificates}
${here.map((site) => `  use_backend ${nameOf(site)} if { req.hdr(host),field(1,:) -i ${nameOf(site)} }\n`).join('')}`;
  });
  const backends = sites.map((site) => {
    const fields = REMOVED.map((field) =>
      field === 'X-Real-IP' && site.sendsAddress
        ? 'http-request set-header X-Real-IP %[src]'
        : `http-request del-header ${field}`,
    );
    return `backend ${nameOf(site)}
  mode http
  no log
  retries 0
  ${fields.join('\n  ')}
  server here 127.0.0.1:${site.port}
`;
  });
  return `defaults
  timeout connect 5s
  timeout client 150s
  timeout server 150s

${[...frontends, ...backends].join('\n')}`;
}

/** Processes of one service that share a database, and the port under which the proxy reaches them. */
export interface Group {
  readonly name: string;
  readonly port: number;
  readonly members: readonly { readonly port: number; readonly operatorPort: number }[];
}

/**
 * For HAProxy between the proxy and several processes of a service. A request is sent to another process only if the first
 * took no connection: RFC 9458 forbids sending one twice. Readiness may fail everywhere at once, as when a bundle is not
 * signed; requests then go on as if all were ready.
 */
export function balancerCfg(groups: readonly Group[]): string {
  const sections = groups.map(({ name, port, members }) => {
    const servers = members.map(
      (member, i) =>
        `  server ${name}-${i + 1} 127.0.0.1:${member.port} check port ${member.operatorPort} inter 1s fall 2 rise 1\n`,
    );
    const others = members.map(
      (member, i) => `  server ${name}-${i + 1}-unready 127.0.0.1:${member.port} backup\n`,
    );
    return `listen ${name}
  bind 127.0.0.1:${port}
  option httpchk GET /readyz
  option allbackups
  retries 1
  option redispatch 1
  http-reuse never
  no log
${servers.join('')}${others.join('')}`;
  });
  return `defaults
  mode http
  timeout connect 5s
  timeout client 150s
  timeout server 150s

${sections.join('\n')}`;
}
