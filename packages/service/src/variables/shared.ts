import { variable } from './variable.ts';

const PLATFORMS = ['workers', 'node'] as const;
const BUT_STICKERS = { services: ['relay', 'gateway', 'issuer'], platforms: PLATFORMS } as const;
const BOTH_SIDES = { services: ['relay', 'gateway'], platforms: PLATFORMS } as const;
const KEEPERS = { services: ['gateway', 'issuer'], platforms: PLATFORMS } as const; // they have a store
const OPERATED = { services: ['gateway', 'issuer', 'witness'], platforms: PLATFORMS } as const;
const STICKERS = { services: ['stickers'], platforms: PLATFORMS } as const;

/** What PROVIDER must be, so that two operators write the same provider alike. */
export const PROVIDER_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Variables that more than one service reads, on Workers and on Node. */
export const SHARED_VARIABLES = {
  LOCAL: variable('flag', BUT_STICKERS, 'Allows plain http and loopback addresses. For development only.'),
  PROVIDER: variable(
    'text',
    BOTH_SIDES,
    {
      relay:
        'Provider that the relay runs on, for example cloudflare. The relay refuses a gateway at the same provider.',
      gateway: 'Provider that the gateway runs on, for example cloudflare. The bundle contains it.',
    },
    { default: { workers: 'cloudflare' }, example: 'hetzner' },
  ),
  EPOCH_SECONDS: variable(
    'number',
    KEEPERS,
    'Length of an epoch. Issuer, gateway and clients must have the same.',
    { default: 86_400, min: 1, max: 86_400 * 31, unit: 'seconds' },
  ),
  SERVICES: variable(
    'json',
    KEEPERS,
    {
      gateway: 'List of the services behind the gateway: name, target, token policy, lengths.',
      issuer: 'List of the services that tokens are issued for: name, types, batch, quota.',
    },
    {
      example: {
        gateway:
          '[{"name": "stickers", "target": {"url": "https://stickers.example"}, "token": {"type": 5}, "idempotent": true, "requestLength": 1024, "responseLength": 98304}]',
        issuer: '[{"name": "stickers", "types": [5], "batch": [30], "quota": {"default": 300}}]',
      },
    },
  ),
  KEY_WRAPPING_KEY: variable(
    'key',
    KEEPERS,
    'Encrypts the private keys in the store: 32 random bytes in base64url.',
    { secret: true },
  ),
  KEY_WRAPPING_KEY_PREVIOUS: variable(
    'key',
    KEEPERS,
    'The previous KEY_WRAPPING_KEY during a change, until every key has been wrapped again.',
    { secret: true, optional: true },
  ),
  KEYS_LOST: variable(
    'flag',
    { services: ['gateway', 'issuer'], platforms: ['node'] },
    'Set to 1 for one start after KEY_WRAPPING_KEY was lost: keys of later epochs that cannot be unwrapped are replaced.',
  ),
  OPERATOR_TOKEN: variable(
    'credential',
    OPERATED,
    'Bearer token of the operator for every role; two, separated by a space, during a change.',
    { secret: true },
  ),
  OPERATOR_METRICS_TOKEN: variable('credential', OPERATED, 'Bearer token that only reads /metrics.', {
    secret: true,
    optional: true,
  }),
  OPERATOR_SUPPORT_TOKEN: variable(
    'credential',
    KEEPERS,
    'Bearer token that only reads the data needed to support an account.',
    { secret: true, optional: true },
  ),
  OPERATOR_KEYS_TOKEN: variable('credential', KEEPERS, 'Bearer token that only manages keys and bundles.', {
    secret: true,
    optional: true,
  }),
  PAGE_BYTES: variable('number', STICKERS, 'Maximum size of a response of the sticker service.', {
    default: 162_816,
    min: 16_384,
    max: 1 << 24,
    unit: 'bytes',
  }),
};
