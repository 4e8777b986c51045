import { variable } from './variable.ts';

const GATEWAY = { services: ['gateway'], platforms: ['workers', 'node'] } as const;
const GATEWAY_ON_NODE = { services: ['gateway'], platforms: ['node'] } as const;

/** Variables of the gateway alone. */
export const GATEWAY_VARIABLES = {
  ROOT: variable('text', GATEWAY, 'Public root key of the bundle, as `sotto root new` prints it.', {
    example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }),
  NEXT_ROOT: variable('text', GATEWAY, 'Public root key that follows, during a change of root.', {
    optional: true,
    example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }),
  RELAY_EGRESS: variable(
    'json',
    GATEWAY,
    'Headers with a client address that the platform of the relay adds, each with its constant value.',
    { default: '{}', example: '{"cf-connecting-ip": "2a06:98c0:3600::103"}' },
  ),
  METADATA: variable(
    'flag',
    GATEWAY,
    'Turns on the service that shows which metadata reached the gateway, for `sotto probe`.',
  ),
  RELAY_TOKEN: variable(
    'credential',
    GATEWAY,
    'Bearer token that the relay must show; two with a space between them during a change.',
    { secret: true },
  ),
  LENGTH_CLASSES: variable(
    'json',
    GATEWAY,
    'The lengths of requests and responses by class; without it the first service has the only class.',
    { optional: true, example: '{"search": {"requestLength": 1024, "responseLength": 98304}}' },
  ),
  RESPONSE_GRID_MS: variable(
    'number',
    GATEWAY,
    'Responses leave at multiples of this time after their request, so that their time tells the relay less.',
    { default: 0, min: 0, max: 1000, unit: 'milliseconds' },
  ),
  NAT64_PREFIX: variable(
    'text',
    GATEWAY_ON_NODE,
    'Prefix of the local NAT64, like 64:ff9b::/96, where services without IPv6 are reached through one.',
    { optional: true, example: '64:ff9b::/96' },
  ),
  REPLAY_CAPACITY: variable(
    'number',
    GATEWAY_ON_NODE,
    'Envelopes to services without tokens that are remembered at once (on Workers: in each of 16 shards).',
    { default: 65_536, min: 1, max: 1 << 20 },
  ),
  ISSUER: variable(
    'text',
    GATEWAY_ON_NODE,
    'URL of the listener of the issuer for gateways; of several over one store, with spaces between them. https beyond loopback.',
    { example: 'https://issuer-1.internal.example:8081 https://issuer-2.internal.example:8081' },
  ),
  ISSUER_CA_FILE: variable(
    'path',
    GATEWAY_ON_NODE,
    'Authorities in PEM that the certificates of those listeners must be from; those of Node without it.',
    { optional: true, example: '/etc/sotto/issuer-ca.pem' },
  ),
  ISSUER_TOKEN: variable(
    'credential',
    GATEWAY_ON_NODE,
    'Bearer token of that listener: INTERNAL_TOKEN of the issuer.',
    { secret: true },
  ),
};
