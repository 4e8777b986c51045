import { variable } from './variable.ts';

const GATEWAY = { services: ['gateway'], platforms: ['workers', 'node'] } as const;
const GATEWAY_ON_NODE = { services: ['gateway'], platforms: ['node'] } as const;

/** Variables of the gateway alone. */
export const GATEWAY_VARIABLES = {
  ROOT: variable('text', GATEWAY, 'Public root key of the bundle, as `sotto root new` prints it.', {
    example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }),
  NEXT_ROOT: variable('text', GATEWAY, 'The next public root key, during a change of root.', {
    optional: true,
    example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }),
  RELAY_EGRESS: variable(
    'json',
    GATEWAY,
    "Address headers that the relay's platform sets to a constant value, each with that value.",
    { default: '{}', example: '{"cf-connecting-ip": "2a06:98c0:3600::103"}' },
  ),
  METADATA: variable(
    'flag',
    GATEWAY,
    'Turns on the service that returns the metadata that reached the gateway, for `sotto probe`.',
  ),
  RELAY_TOKEN: variable(
    'credential',
    GATEWAY,
    'Bearer token that the relay must send; two, separated by a space, during a change.',
    { secret: true },
  ),
  LENGTH_CLASSES: variable(
    'json',
    GATEWAY,
    'The lengths of requests and responses for each class. Default: one class, with the lengths of the first service.',
    { optional: true, example: '{"search": {"requestLength": 1024, "responseLength": 98304}}' },
  ),
  RESPONSE_GRID_MS: variable(
    'number',
    GATEWAY,
    'Responses are sent at multiples of this time after their request, so that the relay learns less from the response time.',
    { default: 0, min: 0, max: 1000, unit: 'milliseconds' },
  ),
  NAT64_PREFIX: variable(
    'text',
    GATEWAY_ON_NODE,
    'Prefix of the local NAT64, for example 64:ff9b::/96, if services without IPv6 are reached through it.',
    { optional: true, example: '64:ff9b::/96' },
  ),
  REPLAY_CAPACITY: variable(
    'number',
    GATEWAY_ON_NODE,
    'Maximum number of remembered envelopes to services without tokens (on Workers: in each of 16 shards).',
    { default: 65_536, min: 1, max: 1 << 20 },
  ),
  ISSUER: variable(
    'text',
    GATEWAY_ON_NODE,
    "URL of the issuer's listener for gateways; several, separated by spaces, if issuers share one store. Beyond loopback it must be https.",
    { example: 'https://issuer-1.internal.example:8081 https://issuer-2.internal.example:8081' },
  ),
  ISSUER_CA_FILE: variable(
    'path',
    GATEWAY_ON_NODE,
    'Certificate authorities in PEM that must have issued the certificates of those listeners. Default: those of Node.',
    { optional: true, example: '/etc/sotto/issuer-ca.pem' },
  ),
  ISSUER_TOKEN: variable(
    'credential',
    GATEWAY_ON_NODE,
    'Bearer token of that listener: INTERNAL_TOKEN of the issuer.',
    { secret: true },
  ),
};
