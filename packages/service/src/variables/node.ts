import { variable } from './variable.ts';

const ON_NODE = {
  services: ['relay', 'gateway', 'issuer', 'stickers', 'witness'],
  platforms: ['node'],
} as const;

const STORED_ON_NODE = { services: ['gateway', 'issuer', 'witness'], platforms: ['node'] } as const;
const DATABASE_ON_NODE = { services: ['gateway', 'issuer'], platforms: ['node'] } as const;
const FILE_OR_DATABASE =
  'Path of the SQLite file, which is created if it does not exist; or the URL of a PostgreSQL database without its password, for example postgres://user@host:5432/database.';
const STICKERS_ON_NODE = { services: ['stickers'], platforms: ['node'] } as const;

/** Variables of the Node main program. */
export const NODE_VARIABLES = {
  HOST: variable('text', ON_NODE, 'Address to listen on. Beyond loopback TLS is required.', {
    default: '127.0.0.1',
  }),
  PORT: variable('number', ON_NODE, 'Port to listen on; 0 for any free port.', {
    default: { relay: 8801, gateway: 8802, issuer: 8080, stickers: 8804, witness: 8806 },
    min: 0,
    max: 65_535,
  }),
  OPERATOR_HOST: variable(
    'text',
    STORED_ON_NODE,
    'Address of the operator listener. Beyond loopback TLS is required.',
    {
      default: '127.0.0.1',
    },
  ),
  OPERATOR_PORT: variable(
    'number',
    STORED_ON_NODE,
    'Port of the operator listener, the only one with /metrics and /operator; 0 for any free port.',
    { default: { gateway: 8812, issuer: 8082, witness: 8816 }, min: 0, max: 65_535 },
  ),
  TLS_CERT_FILE: variable('path', ON_NODE, 'Certificate chain in PEM.', {
    optional: true,
    example: '/etc/sotto/cert.pem',
  }),
  TLS_KEY_FILE: variable('path', ON_NODE, 'Private key of the certificate in PEM.', {
    optional: true,
    example: '/etc/sotto/key.pem',
  }),
  BEHIND_TLS: variable('flag', ON_NODE, 'Your own reverse proxy terminates TLS.'),
  MAX_IN_FLIGHT: variable(
    'number',
    ON_NODE,
    'Maximum number of requests in progress in one process; more are refused with 503.',
    {
      default: 512,
      min: 1,
      max: 65_536,
    },
  ),
  DRAIN_MS: variable('number', ON_NODE, 'Time for requests in progress after SIGTERM.', {
    default: 9000,
    min: 10,
    max: 60_000,
    unit: 'milliseconds',
  }),
  RESPONSE_MS: variable('number', ON_NODE, 'Time for a client to read a whole response.', {
    default: 30_000,
    min: 50,
    max: 300_000,
    unit: 'milliseconds',
  }),
  MAX_CONNECTIONS_PER_ADDRESS: variable(
    'number',
    ON_NODE,
    'Maximum number of connections from one client address. Not counted behind your own proxy.',
    { default: 1024, min: 1, max: 65_536 },
  ),
  STORE: variable(
    'path',
    STORED_ON_NODE,
    {
      gateway: FILE_OR_DATABASE,
      issuer: FILE_OR_DATABASE,
      witness: 'Path of the SQLite file. It is created if it does not exist.',
    },
    {
      example: {
        gateway: '/var/lib/sotto/gateway.sqlite',
        issuer: '/var/lib/sotto/issuer.sqlite',
        witness: '/var/lib/sotto/witness.sqlite',
      },
    },
  ),
  STORE_PASSWORD: variable('text', DATABASE_ON_NODE, 'Password of the PostgreSQL user in STORE.', {
    secret: true,
    optional: true,
  }),
  STORE_CA_FILE: variable(
    'path',
    DATABASE_ON_NODE,
    'Certificate authorities in PEM that must have issued the certificate of a PostgreSQL server. Default: those of Node.',
    { optional: true, example: '/etc/sotto/postgres-ca.pem' },
  ),
  STORE_RISKS: variable(
    'text',
    DATABASE_ON_NODE,
    'Accepted risks of a PostgreSQL store, separated by spaces: no-synchronous-standby, one-cluster, unattended-promotion.',
    { optional: true, example: 'no-synchronous-standby' },
  ),
  MOVE_FROM: variable(
    'path',
    DATABASE_ON_NODE,
    'Path of the SQLite file whose contents are moved to the empty database in STORE. For one start only.',
    {
      optional: true,
      example: { gateway: '/var/lib/sotto/gateway.sqlite', issuer: '/var/lib/sotto/issuer.sqlite' },
    },
  ),
  CATALOGUE: variable('path', STICKERS_ON_NODE, 'Folder of the built catalogue.', {
    optional: true,
    example: '/var/lib/sotto/catalogue',
  }),
};
