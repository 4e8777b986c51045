import { createHash } from 'node:crypto';
import { REFILL_SERVICE } from '@sotto/bundle';
import { DEMO_ISSUANCES, DEMO_QUOTA } from './demo.ts';
import type { OwnService } from './options.ts';
import type { SuiteOptions } from './suite.ts';
import { deployedVariable } from './workers.ts';

/** Requests of an app's own API are larger than searches. */
const API = { requestLength: 16_384, responseLength: 98_304 };
const STREAM = { requestLength: 16_384, responseLength: 262_144 };

interface Row {
  readonly name: string;
  readonly requestLength?: number;
  readonly responseLength?: number;
}

/** Every browser profile and every wallet that was deleted is a device of the same account here. */
const VOUCHERS = { period: 7, perEpoch: 3, issuances: { default: DEMO_ISSUANCES } };
const PACK_BYTES = 1024; // of a service's 30 tokens in a refill

/** The row of refills with room for tokens of so many services; any other as it is. */
function withRoom(row: Row, services: number): Row {
  const length = Math.max(row.requestLength ?? 0, PACK_BYTES * (services + 1));
  return row.name === REFILL_SERVICE ? { ...row, requestLength: length, responseLength: length } : row;
}

/** The services of `npm start`, as the gateway and the issuer are configured with them. */
export interface ServiceTable {
  readonly vars: NonNullable<SuiteOptions['vars']>;
  /**
   * Changes with every fact about services in the signed key bundle, because keys and bundles belong to one
   * table.
   */
  readonly digest: string;
}

/** The table of wrangler.toml, with a developer's own services. The quota is for demonstrations. */
export function tableOf(own: readonly OwnService[]): ServiceTable {
  const shipped = JSON.parse(deployedVariable('gateway', 'SERVICES')) as Row[];
  const [first] = shipped;
  const search = { requestLength: first?.requestLength, responseLength: first?.responseLength };
  const names = [...shipped, ...own].map(({ name }) => name).filter((name) => name !== REFILL_SERVICE);
  const gateway = [...shipped.map((row) => withRoom(row, names.length)), ...own.map(gatewayRow)];
  const classes = { search, api: API, stream: STREAM };
  const issuer = names.map((name) => ({ name, types: [5], batch: [30], quota: { default: DEMO_QUOTA } }));
  const bundled = gateway.map((row) => ({ ...row, target: null }));
  return {
    vars: {
      gateway: { SERVICES: JSON.stringify(gateway), LENGTH_CLASSES: JSON.stringify(classes) },
      issuer: { SERVICES: JSON.stringify(issuer), VOUCHERS: JSON.stringify(VOUCHERS) },
    },
    digest: createHash('sha256')
      .update(JSON.stringify([bundled, classes]))
      .digest('hex')
      .slice(0, 8),
  };
}

const gatewayRow = ({ name, url, streams }: OwnService): object => ({
  name,
  target: { url },
  token: { type: 5 },
  idempotent: false,
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  fields: ['accept'],
  ...(streams
    ? { class: 'stream', stream: { flushMs: 100, requests: true }, timeoutMs: 60_000 }
    : { class: 'api', timeoutMs: 30_000 }),
});
