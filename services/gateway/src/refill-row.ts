import { REFILL_SERVICE } from '@sotto/bundle';
import type { ConfigValue } from '@sotto/service/config';
import { DEFAULT_IN_FLIGHT, DEFAULT_TIMEOUT, IN_FLIGHT, TIMEOUT, type ServiceRow } from './config.ts';
import { readRefillClass } from './length-class.ts';

/** The members that the row of refills may have. Everything else about it is the same in every deployment. */
const MEMBERS = [
  'name',
  'target',
  'token',
  'requestLength',
  'responseLength',
  'class',
  'timeoutMs',
  'maxInFlight',
];

/** The one path of a refill. */
export const REFILL_PATH = '/v1/pack';

/**
 * Reads the row of refills: `{"name": "refill", "target": {"issuer": true}, "token": {"type": 5}}`.
 *
 * @throws {ConfigError}
 */
export function readRefillRow(row: ConfigValue): ServiceRow {
  for (const [name, value] of row.entries()) {
    if (!MEMBERS.includes(name)) value.fail('must not be set for refills. Remove it');
  }
  const isIssuer = row.member('target').member('issuer').raw === true;
  if (!isIssuer)
    row.member('target').fail('must be {"issuer": true}: the name "refill" is for vouchers alone');
  if (row.member('token').member('type').raw !== 5)
    row.member('token').fail('must be {"type": 5}: a voucher');
  return {
    name: REFILL_SERVICE,
    target: { issuer: true },
    token: { type: 5 },
    idempotent: true,
    lengths: readRefillClass(row),
    timeoutMs: row.member('timeoutMs').or(DEFAULT_TIMEOUT).wholeNumber(TIMEOUT),
    maxInFlight: row.member('maxInFlight').or(DEFAULT_IN_FLIGHT).wholeNumber(IN_FLIGHT),
    chunked: false,
    stream: null,
    methods: ['POST'],
    paths: REFILL_PATH,
    fields: [],
  };
}
