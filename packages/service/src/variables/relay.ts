import { variable } from './variable.ts';

const RELAY = { services: ['relay'], platforms: ['workers', 'node'] } as const;
const RELAY_ON_NODE = { services: ['relay'], platforms: ['node'] } as const;

/** Variables of the relay alone. */
export const RELAY_VARIABLES = {
  GATEWAYS: variable(
    'json',
    RELAY,
    'Gateway origins by base path, for example {"": "https://gateway.example"}.',
    { example: '{"": "https://gateway.example"}' },
  ),
  RELAY_TOKENS: variable(
    'json',
    RELAY,
    'Credential of each gateway by base path; null for a gateway that requires none.',
    { secret: true, example: '{"": "a-long-random-text-of-letters-and-digits"}' },
  ),
  ALLOW_ONE_PROVIDER: variable(
    'flag',
    RELAY,
    'Accepts a gateway at the provider of this relay. That provider is then trusted not to combine the data of both.',
  ),
  CORS_ORIGINS: variable(
    'json',
    RELAY,
    'List of the origins whose web pages may use this relay, for example ["https://app.example"]. Default: all.',
    { optional: true, example: '["https://app.example"]' },
  ),
  BUNDLE_SECONDS: variable('number', RELAY, 'Interval between fetches of the key bundle.', {
    default: 600,
    min: 1,
    max: 86_400,
    unit: 'seconds',
  }),
  BUCKET_MS: variable(
    'number',
    RELAY,
    'Responses are sent at a multiple of this time after their request arrived; 0 sends them at once.',
    { default: 0, min: 0, max: 5000, unit: 'milliseconds' },
  ),
  MAX_REQUEST_BYTES: variable('number', RELAY, 'Maximum size of a request.', {
    default: 1 << 20,
    min: 55,
    max: 1 << 26,
    unit: 'bytes',
  }),
  MAX_RESPONSE_BYTES: variable('number', RELAY, "Maximum size of a gateway's response.", {
    default: 1 << 20,
    min: 1024,
    max: 1 << 26,
    unit: 'bytes',
  }),
  MAX_STREAM_BYTES: variable('number', RELAY, 'Maximum size of a chunked message, for each direction.', {
    default: 1 << 24,
    min: 1024,
    max: 1 << 30,
    unit: 'bytes',
  }),
  REQUEST_MS: variable('number', RELAY, 'Time for the body of a request to arrive.', {
    default: 10_000,
    min: 50,
    max: 120_000,
    unit: 'milliseconds',
  }),
  GATEWAY_MS: variable('number', RELAY, 'Time for the whole response of a gateway.', {
    default: 30_000,
    min: 50,
    max: 120_000,
    unit: 'milliseconds',
  }),
  STREAM_MS: variable('number', RELAY, 'Time for a chunked exchange from its first byte to its last.', {
    default: 120_000,
    min: 50,
    max: 600_000,
    unit: 'milliseconds',
  }),
  ORIGIN: variable('text', RELAY_ON_NODE, 'Public origin of the relay, for example https://relay.example.', {
    optional: true,
    example: 'https://relay.example',
  }),
  ADDRESS_HEADER: variable(
    'text',
    RELAY_ON_NODE,
    'Header in which your own proxy sends the client address. Only the rate limit uses it.',
    { optional: true, example: 'x-real-ip' },
  ),
  RATE_BURST: variable('number', RELAY_ON_NODE, 'Number of requests that an address may send at once.', {
    default: 60,
    min: 1,
    max: 1e6,
  }),
  RATE_PER_MINUTE: variable(
    'number',
    RELAY_ON_NODE,
    'Number of requests that an address may send in a minute.',
    {
      default: 60,
      min: 1,
      max: 1e6,
    },
  ),
  RATE_ADDRESSES: variable(
    'number',
    RELAY_ON_NODE,
    'Number of addresses that the rate limit keeps in memory.',
    {
      default: 65_536,
      min: 16,
      max: 1 << 24,
    },
  ),
  HEADERS_MS: variable('number', RELAY_ON_NODE, 'Time for the headers of a request to arrive.', {
    default: 10_000,
    min: 50,
    max: 60_000,
    unit: 'milliseconds',
  }),
  WHOLE_REQUEST_MS: variable('number', RELAY_ON_NODE, 'Time for a whole request to arrive.', {
    default: 30_000,
    min: 50,
    max: 300_000,
    unit: 'milliseconds',
  }),
  CHECK_MS: variable('number', RELAY_ON_NODE, 'Interval at which both times are checked.', {
    default: 2000,
    min: 10,
    max: 30_000,
    unit: 'milliseconds',
  }),
};
